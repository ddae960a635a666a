// Flags of linux/splice.h, and of linux/fcntl.h.
import type { Stats } from 'node:fs'
import { chunksOf } from '@net/io'
import { EAGAIN, ESPIPE } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { closeDescriptor, ownDescriptor, reserveDescriptor } from '../sys/descriptor.ts'
import type { FD } from './fd.ts'
import { CopyMover } from './sendfile_copy.ts'
import type { Mover } from './sendfile_op.ts'
import { ConnSource, DescriptorSource, pollNow, type SpliceSource } from './sendfile_source.ts'
import { fcntl, syscall, syscallError } from '../sys/syscall.ts'

// sendfile and splice have no MSG_NOSIGNAL, but JavaScript hosts ignore SIGPIPE.
const sendfile = syscall('intptr_t sendfile(int out, int in, void *offset, size_t count)')
const splice = syscall(
  'intptr_t splice(int in, void *offIn, int out, void *offOut, size_t length, uint32_t flags)',
)
const pipe2 = syscall('int pipe2(void *fds, int flags)')

const SPLICE_F_MOVE = 1
const SPLICE_F_NONBLOCK = 2 // holds for the pipe's side only
const F_SETPIPE_SZ = 1031
const PIPE = 1 << 20 // bytes: what an unprivileged process may have
const FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK

/**
 * Duplicates a descriptor: the user's own may be closed, and its number be another's, before all is sent.
 * Throws bare errors.
 */
function duplicate(fd: number): number {
  const reserved = reserveDescriptor()
  const own = reserved < 0 ? reserved : ownDescriptor(fcntl(fd, abi.F_DUPFD_CLOEXEC, 0))
  if (own < 0) throw syscallError('dup', own)
  return own
}

function pipe(): [reading: number, writing: number] {
  const fds = new Int32Array(2)
  const result = pipe2(new Uint8Array(fds.buffer), abi.O_CLOEXEC | abi.O_NONBLOCK)
  if (result < 0) throw syscallError('pipe2', result)
  const reading = ownDescriptor(fds[0] ?? -1)
  const writing = ownDescriptor(fds[1] ?? -1)
  if (reading >= 0 && writing >= 0) {
    fcntl(writing, F_SETPIPE_SZ, PIPE) // fails, and leaves 64 KiB, when the user has many pipes
    return [reading, writing]
  }
  for (const fd of [reading, writing]) if (fd >= 0) closeDescriptor(fd)
  throw syscallError('pipe2', Math.min(reading, writing))
}

/** Moves a file with sendfile(2). */
class FileMover implements Mover {
  readonly call = 'sendfile'
  readonly #fd: number
  readonly #offset: BigInt64Array | null
  readonly #offsetBytes: Uint8Array | null
  #owner = true

  constructor(fd: number, offset: number | undefined) {
    this.#fd = fd
    this.#offset = offset === undefined ? null : BigInt64Array.of(BigInt(offset))
    this.#offsetBytes = this.#offset === null ? null : new Uint8Array(this.#offset.buffer)
  }

  start(): void {
    // Nothing needs to be watched, as a file is always ready.
  }

  move(to: FD, max: number): number {
    const n = sendfile(to.fd, this.#fd, this.#offsetBytes, max)
    if (n === EAGAIN) to.writeReady = false
    return n
  }

  // The kernel refuses sendfile from files that it makes up as they are read (proc), and from terminals: they
  // are copied instead.
  instead(): Mover {
    this.#owner = false
    const at = this.#offset === null ? {} : { offset: Number(this.#offset[0]) }
    return new CopyMover(
      () => chunksOf(this.#fd, at),
      () => {
        closeDescriptor(this.#fd)
      },
    )
  }

  end(): void {
    if (this.#owner) closeDescriptor(this.#fd)
    this.#owner = false
  }
}

/** Moves what comes through a pipe, with splice(2). */
class PipeMover implements Mover {
  readonly call = 'splice'
  readonly #from: SpliceSource
  #wake: () => void = () => {} // until start

  constructor(from: SpliceSource) {
    this.#from = from
  }

  start(wake: () => void): void {
    this.#wake = wake
    this.#from.start(wake)
  }

  move(to: FD, max: number): number {
    const n = splice(this.#from.fd, null, to.fd, null, max, FLAGS)
    if (n !== EAGAIN) return n
    const [readable, writable] = pollNow(this.#from.fd, to.fd)
    if (!writable) to.writeReady = false
    // Both sides are ready after all: data or room came between splice and poll, and no event will tell.
    else if (readable) setImmediate(this.#wake)
    return EAGAIN
  }

  instead(): null {
    return null
  }

  end(): void {
    this.#from.end()
  }
}

/** Moves what comes in on a socket: splice(2) into a pipe and out of it. */
class RelayMover implements Mover {
  readonly call = 'splice'
  readonly #from: SpliceSource
  #pipe: [reading: number, writing: number] | null = null
  #held = 0 // bytes in the pipe

  constructor(from: SpliceSource) {
    this.#from = from
  }

  start(wake: () => void): void {
    this.#pipe = pipe()
    this.#from.start(wake)
  }

  move(to: FD, max: number): number {
    const [reading, writing] = this.#pipe ?? [-1, -1]
    if (this.#held === 0) {
      if (!this.#from.ready) return EAGAIN
      const n = splice(this.#from.fd, null, writing, null, max, FLAGS)
      if (n === EAGAIN) this.#from.drained()
      if (n <= 0) return n
      this.#held = n
    }
    const n = splice(reading, null, to.fd, null, Math.min(this.#held, max), FLAGS)
    if (n > 0) this.#held -= n
    else if (n === EAGAIN) to.writeReady = false
    return n
  }

  instead(): null {
    return null
  }

  end(): void {
    for (const fd of this.#pipe ?? []) closeDescriptor(fd)
    this.#pipe = null
    this.#from.end()
  }
}

/** A mover of an open file, pipe or socket of this number. Throws bare errors. */
export function fileMover(fd: number, offset: number | undefined): Mover {
  const own = duplicate(fd)
  let stat: Stats
  try {
    stat = process.getBuiltinModule('node:fs').fstatSync(own)
    if (offset !== undefined && !stat.isFile() && !stat.isBlockDevice()) {
      throw syscallError('sendfile', ESPIPE)
    }
  } catch (e) {
    closeDescriptor(own)
    throw e
  }
  if (stat.isFIFO()) return new PipeMover(new DescriptorSource(own))
  if (stat.isSocket()) return new RelayMover(new DescriptorSource(own))
  return new FileMover(own, offset)
}

/** A mover of what comes in on a stream connection of this package. */
export function connMover(from: FD): Mover {
  return new RelayMover(new ConnSource(from))
}
