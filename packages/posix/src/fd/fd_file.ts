import type { File } from '@net/contract'
import { abi } from '../abi/system.ts'
import type { FD } from './fd.ts'
import { close, fcntl, syscallError } from '../sys/syscall.ts'

/** A descriptor that belongs to whoever holds the file. */
class DescriptorFile implements File {
  readonly name: string
  #fd: number

  constructor(fd: number, name: string) {
    this.#fd = fd
    this.name = name
  }

  get fd(): number {
    return this.#fd
  }

  close(): Promise<void> {
    const fd = this.#fd
    this.#fd = -1
    if (fd >= 0) close(fd)
    return Promise.resolve()
  }

  [Symbol.dispose](): void {
    void this.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/**
 * Makes a file of a descriptor that the program holds, as one that came by {@link parseUnixRights}; closing
 * the file closes it. The file of a worker thread stays open when the thread is terminated. `name` is what
 * errors call it.
 *
 * @example
 * ```ts
 * import { newFile, parseUnixRights, posix, socketPair, unixRights } from '@net/posix'
 *
 * const [a, b] = socketPair()
 * const [given, kept] = socketPair()
 * const file = await given.file()
 * await a.writeMsgUnix(new Uint8Array(1), unixRights(file.fd), null)
 * const oob = new Uint8Array(64)
 * const { oobn } = await b.readMsgUnix(new Uint8Array(1), oob)
 * const received = newFile(parseUnixRights(oob.subarray(0, oobn))[0] ?? -1)
 * const conn = await posix().fileConn(received)
 * console.log(conn.localAddr.network) // unix
 * await Promise.all([a, b, given, kept, conn, file, received].map((c) => c.close()))
 * ```
 */
export function newFile(fd: number, name = `fd ${fd}`): File {
  return new DescriptorFile(fd, name)
}

/** Duplicates a socket's descriptor for the caller. Throws bare errors. */
export function fileOf(fd: FD): File {
  const duplicate = fcntl(fd.fd, abi.F_DUPFD_CLOEXEC, 0)
  if (duplicate < 0) throw syscallError('fcntl', duplicate)
  fd.share()
  const [local, remote] = [fd.localAddr?.toString() ?? '', fd.remoteAddr?.toString() ?? '']
  return newFile(duplicate, `${fd.net}:${local}->${remote}`)
}
