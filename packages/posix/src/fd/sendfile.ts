import {
  OpError,
  type FileSource,
  type SendFileOptions,
  type SendfileGroup,
  isTypeError,
} from '@net/contract'
import { copyingSendfileGroup, checkSendFile, chunksOf, openFile } from '@net/io'
import { abi } from '../abi/system.ts'
import { streamFD } from './conn.ts'
import type { FD } from './fd.ts'
import { CopyMover } from './sendfile_copy.ts'
import { connMover, fileMover } from './sendfile_linux.ts'
import { TransferOp, type Mover } from './sendfile_op.ts'
import { getsockoptInt } from '../sys/sockopt.ts'

// A pipe would lose the boundaries of packets.
function isStream(fd: FD): boolean {
  const type = { value: 0 }
  return getsockoptInt(fd.fd, abi.SOL_SOCKET, abi.SO_TYPE, type) === 0 && type.value === abi.SOCK_STREAM
}

function mover(source: FileSource, options: SendFileOptions): Mover {
  if (abi.has.splice) {
    const file = openFile(source)
    if (file !== null) return fileMover(file.fd, options.offset)
    const from = streamFD(source)
    if (from !== null && isStream(from)) return connMover(from)
  }
  return new CopyMover((reading) => chunksOf(source, options, reading))
}

/**
 * Sends what `source` has, in its turn among the writes of the socket: {@link SendfileGroup.sendFile}. On
 * linux a file goes by sendfile(2), a pipe and what comes in on a stream connection of this package by
 * splice(2); where the kernel refuses that, and everything else, is copied. A file that is not in memory is
 * read from the disk by the call that sends it, which holds up the thread: not more than 1 MiB goes before
 * other events get their turn.
 */
export async function sendFile(fd: FD, source: FileSource, options: SendFileOptions = {}): Promise<number> {
  const { signal, length = Infinity } = options
  try {
    checkSendFile(source, options)
    signal?.throwIfAborted()
    const op = new TransferOp(fd, mover(source, options), length)
    try {
      op.start()
    } catch (e) {
      op.cancel(e)
      throw e
    }
    return await fd.writing.run(op, options)
  } catch (e) {
    const isMine = isTypeError(e) || e instanceof OpError
    if (isMine || (signal?.aborted && e === signal.reason)) throw e
    throw Object.assign(fd.opError('readfrom', e as Error), { n: 0 })
  }
}

/** Sending files over the kernel's sockets; to other connections it copies. */
export const sendfileGroup: SendfileGroup = {
  sendFile(conn, source, options) {
    const fd = streamFD(conn)
    return fd === null ? copyingSendfileGroup.sendFile(conn, source, options) : sendFile(fd, source, options)
  },
}
