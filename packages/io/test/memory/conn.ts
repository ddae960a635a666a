import type { Addr } from '@net/addr'
import {
  Errno,
  OpError,
  SyscallError,
  type Conn,
  type Deadline,
  type HalfCloser,
  type IOOptions,
  checkBuffer,
} from '@net/contract'
import { checkKept, ConnStreams, deadlineAt, Lane, Op, type LaneOwner } from '../../src/index.ts'

/** An address of the memory network. */
export class MemoryAddr implements Addr {
  readonly network = 'memory'
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  toString(): string {
    return this.name
  }
}

/** One direction: a buffer of fixed size, as a kernel has. */
export class Channel {
  static readonly size = 65536
  readonly bytes = new Uint8Array(Channel.size)
  start = 0
  length = 0
  ended = false // nothing more comes
  broken = false // nobody reads any more
  reset = false
  reader: Lane | null = null
  writer: Lane | null = null

  put(p: Uint8Array): number {
    const n = Math.min(p.byteLength, Channel.size - this.length)
    for (let i = 0; i < n; i++) this.bytes[(this.start + this.length + i) % Channel.size] = p[i] ?? 0
    this.length += n
    return n
  }

  take(p: Uint8Array): number {
    const n = Math.min(p.byteLength, this.length)
    for (let i = 0; i < n; i++) p[i] = this.bytes[(this.start + i) % Channel.size] ?? 0
    this.start = (this.start + n) % Channel.size
    this.length -= n
    return n
  }

  wake(): void {
    this.reader?.wake()
    this.writer?.wake()
  }
}

const reset = (): Error => new SyscallError('read', new Errno('ECONNRESET', 104))

class Read extends Op<number | null> {
  readonly p: Uint8Array
  readonly byteLength: number
  readonly channel: Channel

  constructor(p: Uint8Array, channel: Channel) {
    super('read')
    this.p = p
    this.byteLength = p.byteLength
    this.channel = channel
  }

  override attempt(): boolean {
    const { channel } = this
    if (channel.reset) return this.fail(reset())
    if (channel.length > 0) {
      checkKept(this.p, this.byteLength)
      return this.done(channel.take(this.p))
    }
    return channel.ended && this.done(null)
  }
}

class Write extends Op<number> {
  readonly #p: Uint8Array
  readonly #byteLength: number
  readonly #channel: Channel
  #sent = 0

  constructor(p: Uint8Array, channel: Channel) {
    super('write')
    this.#p = p
    this.#byteLength = p.byteLength
    this.#channel = channel
  }

  override attempt(): boolean {
    const channel = this.#channel
    if (channel.broken || channel.ended) return this.fail(new SyscallError('write', new Errno('EPIPE', 32)))
    checkKept(this.#p, this.#byteLength)
    this.#sent += channel.put(this.#p.subarray(this.#sent))
    channel.reader?.wake()
    this.#sent += channel.put(this.#p.subarray(this.#sent))
    return this.#sent === this.#byteLength && this.done(this.#sent)
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    return Object.assign(owner.opError(this.name, cause), { n: this.#sent })
  }
}

/** One end of a buffered connection in memory: what a kernel's socket does, without the kernel. */
export class MemoryConn implements HalfCloser, LaneOwner {
  readonly localAddr: MemoryAddr
  readonly remoteAddr: MemoryAddr
  readonly reads: Lane
  readonly writes: Lane
  readonly in: Channel
  readonly out: Channel
  #streams: ConnStreams | null = null

  constructor(local: MemoryAddr, remote: MemoryAddr, incoming: Channel, outgoing: Channel) {
    this.localAddr = local
    this.remoteAddr = remote
    this.in = incoming
    this.out = outgoing
    this.reads = incoming.reader = new Lane(this)
    this.writes = outgoing.writer = new Lane(this)
  }

  opError(op: string, cause: Error): Error {
    return new OpError(op, 'memory', this.localAddr, this.remoteAddr, cause)
  }

  waiting(): void {
    // Nothing outside of this process can end an operation here.
  }

  async read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    const wrong = checkBuffer(p)
    if (wrong !== null) throw wrong
    if (p.byteLength === 0 && this.reads.closed === null && options?.signal?.aborted !== true) return 0
    const reading = this.reads.run(new Read(p, this.in), options)
    this.in.writer?.wake()
    return reading
  }

  async write(p: Uint8Array, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) throw wrong
    return this.writes.run(new Write(p, this.out), options)
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#streams ??= new ConnStreams(this)).readable
  }

  get writable(): WritableStream<Uint8Array> {
    return (this.#streams ??= new ConnStreams(this)).writable
  }

  async close(): Promise<void> {
    this.reads.close()
    this.writes.close()
    this.in.broken = true
    this.out.ended = true
    this.in.wake()
    this.out.wake()
  }

  reset(): Promise<void> {
    this.out.reset = true
    return this.close()
  }

  async closeRead(): Promise<void> {
    this.in.ended = true
    this.in.broken = true
    this.in.wake()
  }

  async closeWrite(): Promise<void> {
    this.out.ended = true
    this.out.wake()
  }

  setDeadline(t: Deadline): void {
    const at = deadlineAt(t)
    this.reads.setDeadlineAt(at)
    this.writes.setDeadlineAt(at)
  }

  setReadDeadline(t: Deadline): void {
    this.reads.setDeadline(t)
  }

  setWriteDeadline(t: Deadline): void {
    this.writes.setDeadline(t)
  }

  setTimeout(ms: number): void {
    this.setReadTimeout(ms)
    this.setWriteTimeout(ms)
  }

  setReadTimeout(ms: number): void {
    this.reads.setTimeout(ms)
  }

  setWriteTimeout(ms: number): void {
    this.writes.setTimeout(ms)
  }

  ref(): void {
    // See waiting.
  }

  unref(): void {
    // See waiting.
  }

  [Symbol.dispose](): void {
    void this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

type End = new (local: MemoryAddr, remote: MemoryAddr, incoming: Channel, outgoing: Channel) => MemoryConn

/** Makes two connected ends of a class. */
export function memoryPair(Class: End = MemoryConn, from = 'one', to = 'two'): [MemoryConn, MemoryConn] {
  const [one, two] = [new MemoryAddr(from), new MemoryAddr(to)]
  const [there, back] = [new Channel(), new Channel()]
  return [new Class(one, two, back, there), new Class(two, one, there, back)]
}

/** Resets one end, for the suite. */
export function resetMemory(c: Conn): Promise<void> {
  return c instanceof MemoryConn
    ? c.reset()
    : Promise.reject(new Error('the connection is of another network'))
}
