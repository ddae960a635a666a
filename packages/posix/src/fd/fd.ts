import type { Addr } from '@net/addr'
import { ErrClosed, OpError } from '@net/contract'
import { areLanesFree, Lane, Liveness, type LaneOwner } from '@net/io'
import { closeDescriptor, closeDescriptorLater, setNonblocking } from '../sys/descriptor.ts'
import type { Names } from './names.ts'
import { poller, type Poller } from '../poll/poller.ts'
import type { Pollable } from '../poll/selector.ts'
import { lingers } from '../sys/sockopt.ts'
import { syscallError } from '../sys/syscall.ts'

const closed = Promise.resolve()

function newLane(fd: FD): Lane {
  const lane = new Lane(fd)
  if (fd.isClosed) lane.close(fd.reading.closed ?? ErrClosed)
  return lane
}

/**
 * A non-blocking descriptor: the operations that wait on it, its registration with the thread's poller, its
 * addresses. Operations try the system call first and wait only when the kernel says so.
 */
export class FD extends Liveness implements LaneOwner, Pollable {
  /** The operations that read or accept. */
  readonly reading = new Lane(this)
  /** The network that errors name. */
  readonly net: string
  /** Whether a read may find something: false from the moment the kernel had nothing until the next event. */
  readReady = true
  /** Whether a write may go: false from the moment the kernel was full until the next event. */
  writeReady = true
  /**
   * Whether a short read does not mean that nothing is left: the peer hung up, urgent data is there, or the socket is one of the
   * Unix domain.
   */
  exception = false
  /**
   * Whether nobody but this package has the descriptor, and packets bring nothing but their bytes and their sender: false from
   * the moment that a program asks for either.
   */
  isPlain = true
  // A connection whose writes never wait never makes them, and most that are idle are such: each is 88 bytes.
  #writing: Lane | null = null
  #urgent: Lane | null = null
  #fd: number
  #slot = -1
  #hearsOfRoom = false
  #eventError = 0
  #names: Names
  // The addresses: undefined until one is wanted, and a number while nobody has asked for it.
  #local: Addr | number | null | undefined
  #remote: Addr | number | null | undefined
  #lingers = false
  #shared = false

  /** Takes over a descriptor, which must be non-blocking. */
  constructor(fd: number, net: string, names: Names) {
    super(poller())
    this.#fd = fd
    this.net = net
    this.#names = names
  }

  /**
   * The descriptor's number. Throws {@link ErrClosed} after close: a number is never used when it is not
   * ours. A write that is to go with others of its turn goes now, so that whoever asks comes after it.
   */
  get fd(): number {
    if (this.#fd < 0) throw ErrClosed
    this.#flush()
    return this.#fd
  }

  /** The same for a call that keeps the order itself; negative after close. */
  get number(): number {
    return this.#fd
  }

  /** The events of the thread it belongs to. */
  get poller(): Poller {
    return poller()
  }

  /** The operations that write or connect. */
  get writing(): Lane {
    return (this.#writing ??= newLane(this))
  }

  /** Counts a write, and gives whether it may try at once: no lane is made for one that need not wait. */
  get mayWrite(): boolean {
    if (!this.writeReady) return false
    return this.#writing === null ? this.#fd >= 0 && areLanesFree() : this.#writing.free
  }

  /** The operations that read urgent data. */
  get urgent(): Lane {
    return (this.#urgent ??= newLane(this))
  }

  /** Whether close was called. */
  get isClosed(): boolean {
    return this.#fd < 0
  }

  /** The socket's own address; it stays after close. */
  get localAddr(): Addr | null {
    if (this.#local === undefined) this.#local = this.#fd < 0 ? null : this.#names.local(this.#fd)
    return (this.#local = this.#unpacked(this.#local))
  }

  /** The peer's address, or null; it stays after close. */
  get remoteAddr(): Addr | null {
    if (this.#remote === undefined) this.#remote = this.#fd < 0 ? null : this.#names.remote(this.#fd)
    return (this.#remote = this.#unpacked(this.#remote))
  }

  #unpacked(addr: Addr | number | null): Addr | null {
    return typeof addr === 'number' ? (this.#names.unpacked?.(addr) ?? null) : addr
  }

  /**
   * Sets the addresses; undefined means that the kernel is asked when the address is first wanted. Either may be packed.
   */
  setAddrs(local: Addr | number | null | undefined, remote: Addr | number | null | undefined): void {
    this.#local = local
    this.#remote = remote
  }

  /** Makes the error of an operation. */
  opError(op: string, cause: Error): OpError {
    return new OpError(op, this.net, this.localAddr, this.remoteAddr, cause)
  }

  /** Makes the error of an operation whose system call gave a negated error number. */
  callError(op: string, call: string, result: number): OpError {
    return this.opError(op, syscallError(call, result))
  }

  /**
   * Registers with the poller if that was not done yet, to be told of what may be read and, if `writes`, of room. Gives 0 or a
   * negated error number.
   */
  register(writes: boolean): number {
    if (this.#slot >= 0 && (this.#hearsOfRoom || !writes)) return 0
    const result =
      this.#slot < 0 ? this.poller.add(this.fd, this, writes) : this.poller.addWrites(this.fd, this.#slot)
    if (result < 0) return result
    if (this.#slot < 0) this.#slot = result
    this.#hearsOfRoom = writes
    return 0
  }

  readable(): void {
    this.readReady = true
    if (this.reading.busy) this.reading.wake()
  }

  writable(): void {
    this.writeReady = true
    if (this.#writing?.busy === true) this.#writing.wake()
  }

  tryRead(): boolean | null {
    if (!this.reading.busy) return null
    this.readReady = true
    return this.reading.wake()
  }

  /** Whether somebody waits for an urgent byte. */
  get expectsUrgent(): boolean {
    return this.#urgent?.busy === true
  }

  /** Lets whoever waits for an urgent byte take it before a read: with that the kernel passes over the byte, and it is lost. */
  takeUrgent(): void {
    if (this.expectsUrgent) this.#urgent?.wake()
  }

  exceptional(error: number): void {
    this.exception = true
    if (error !== 0) this.#eventError = error
    this.#urgent?.wake()
  }

  /** Notes that the kernel takes no more for now. */
  full(): void {
    this.writeReady = false
    this.poller.bulk()
  }

  /** Takes the error that an event has told: 0 or a negated error number. */
  takeEventError(): number {
    const result = 0 - this.#eventError
    this.#eventError = 0
    return result
  }

  /**
   * Notes that others may have the same open file, as a duplicate was given away or it came from elsewhere.
   * What belongs to the open file is not trusted from now on.
   */
  share(): void {
    this.#shared = true
    this.isPlain = false
  }

  /**
   * Makes the descriptor non-blocking again if others may have changed that. To be called before a round of
   * calls that have no flag of their own for it: accept, connect, sendfile, splice.
   */
  keepNonblocking(): void {
    if (this.#shared) setNonblocking(this.fd)
  }

  /** Notes whether close may wait for unsent data (SO_LINGER). */
  setLingers(on: boolean): void {
    this.#lingers = on
  }

  /**
   * Closes the descriptor: its number is given up first, then everything that waits fails with `cause`, so
   * nothing can use it any more.
   */
  close(cause: Error = ErrClosed): Promise<void> {
    const fd = this.#fd
    if (fd < 0) return closed
    this.#flush()
    // The addresses are asked for before the descriptor is gone, as later errors name them.
    if (this.#local === undefined) this.#local = this.#names.local(fd)
    if (this.#remote === undefined) this.#remote = this.#names.remote(fd)
    if (this.#slot >= 0) {
      if (this.#shared || this.#lingers) this.poller.remove(fd, this.#slot)
      else this.poller.forget(this.#slot)
    }
    this.#slot = this.#fd = -1
    this.reading.close(cause)
    this.#writing?.close(cause)
    this.#urgent?.close(cause)
    if (this.#lingers || (this.#shared && lingers(fd))) return closeDescriptorLater(fd)
    closeDescriptor(fd)
    return closed
  }

  #flush(): void {
    if (this.#writing?.busy === true) this.poller.turn.flush()
  }
}
