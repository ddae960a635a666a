import { closeDescriptor } from '../sys/descriptor.ts'
import type { FD } from './fd.ts'
import { FDOp } from './op.ts'
import { registerCall } from '../poll/open.ts'
import { poller } from '../poll/poller.ts'
import type { Pollable } from '../poll/selector.ts'
import { syscall, syscallError } from '../sys/syscall.ts'

const pollCall = syscall('int poll(void *fds, unsigned long nfds, int timeout)')

// poll.h
const POLLIN = 1
const POLLOUT = 4

const fds = new Int32Array(4) // two struct pollfd: fd, events and, above them, revents
const fdsBytes = new Uint8Array(fds.buffer)

/**
 * poll(2) without waiting: whether `reading` has something, its end or an error included, and `writing` has
 * room.
 */
export function pollNow(reading: number, writing: number): [readable: boolean, writable: boolean] {
  fds.set([reading, POLLIN, writing, POLLOUT])
  pollCall(fdsBytes, 2, 0)
  return [(fds[1] ?? 0) >>> 16 !== 0, (fds[3] ?? 0) >>> 16 !== 0]
}

/** A descriptor that bytes are spliced from. */
export interface SpliceSource {
  /** Its number. Throws when it is gone. */
  readonly fd: number
  /** Whether it may have something. */
  readonly ready: boolean
  /** Notes that the last read found nothing. */
  drained(): void
  /** Begins; `wake` is called when it may have something, or an error, which `ready` then throws. */
  start(wake: () => void): void
  /** Gives it up. */
  end(): void
}

/** A pipe or socket that is not a connection of this package. */
export class DescriptorSource implements SpliceSource, Pollable {
  readonly fd: number
  #slot = -1
  #wake: () => void = () => {} // until start

  /** Takes over a descriptor: a duplicate, as the user's own may be closed meanwhile. */
  constructor(fd: number) {
    this.fd = fd
  }

  // The kernel is asked each time, as a splice from a blocking socket that is empty would hold up the thread.
  get ready(): boolean {
    return pollNow(this.fd, -1)[0]
  }

  drained(): void {
    // There is nothing to record: `ready` asks the kernel each time.
  }

  start(wake: () => void): void {
    this.#wake = wake
    const slot = poller().add(this.fd, this, false)
    if (slot < 0) throw syscallError(registerCall, slot)
    this.#slot = slot
  }

  readable(): void {
    this.#wake()
  }

  writable(): void {
    // The source is never written to.
  }

  exceptional(): void {
    // The next read returns the error or the end.
  }

  end(): void {
    if (this.#slot >= 0) poller().remove(this.fd, this.#slot)
    closeDescriptor(this.fd)
  }
}

/** Holds the read side of a connection from the moment it is its turn. */
class TurnOp extends FDOp<undefined> {
  began = false
  readonly #wake: () => void

  constructor(fd: FD, wake: () => void) {
    super('read', fd)
    this.#wake = wake
  }

  attempt(): boolean {
    this.began = true
    this.#wake()
    return false
  }
}

/** The read side of a connection of this package; other reads of it wait until it is given up. */
export class ConnSource implements SpliceSource {
  readonly #from: FD
  #turn: TurnOp | null = null
  #failure: Error | null = null

  /** Makes a source of a connection that stays its owner's. */
  constructor(from: FD) {
    this.#from = from
  }

  get fd(): number {
    return this.#from.fd
  }

  get ready(): boolean {
    if (this.#failure !== null) throw this.#failure
    if (this.#turn?.began !== true || !this.#from.readReady) return false
    this.#from.keepNonblocking()
    return true
  }

  drained(): void {
    this.#from.readReady = false
  }

  start(wake: () => void): void {
    const turn = new TurnOp(this.#from, wake)
    this.#turn = turn
    this.#from.reading.run(turn).catch((e: unknown) => {
      this.#failure = e as Error
      wake()
    })
  }

  // Waking the lane lets a read that waited for its turn look for data at once.
  end(): void {
    this.#turn?.done(undefined)
    this.#from.reading.wake()
  }
}
