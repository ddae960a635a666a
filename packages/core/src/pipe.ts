import type { Addr } from '@net/addr'
import {
  ErrClosed,
  OpError,
  type ByteStreams,
  type HalfCloser,
  type IOOptions,
  type NetError,
  checkBuffer,
} from '@net/contract'
import {
  checkKept,
  ConnStreams,
  isOver,
  Lane,
  LaneConn,
  Liveness,
  lostBuffer,
  Op,
  processTimer,
  type ConnHandle,
  type LaneOwner,
} from '@net/io'

/** The cause of errors of operations on a pipe that is closed at either end; {@link ErrClosed} is its own cause. */
export const ErrClosedPipe: NetError = Object.assign(
  new Error('io: read/write on closed pipe', { cause: ErrClosed }),
  { timeout: false, temporary: false },
)

/** The address of both ends of every pipe. */
export interface PipeAddr extends Addr {
  /** Always 'pipe'. */
  readonly network: 'pipe'
}

/** One end of a {@link pipe}. */
export interface PipeConn extends HalfCloser, ByteStreams {
  /** The same address as that of the peer. */
  readonly localAddr: PipeAddr
  /** The same address as that of this end. */
  readonly remoteAddr: PipeAddr
  /**
   * Ends the read side: pending and later reads give null, writes of the peer fail. It never rejects, and
   * after close does nothing.
   */
  closeRead(): Promise<void>
  /**
   * Ends the write side: the peer reads to the end, writes of this end fail. It never rejects, and after
   * close does nothing.
   */
  closeWrite(): Promise<void>
}

/**
 * Makes a synchronous connection in memory, as Go's net.Pipe: nothing is buffered, a write settles when all of its
 * bytes have been read (its buffer is read from until then), and reads copy straight out of it. Writing an empty buffer
 * gives 0 at once. After close, operations of the closed end and writes of the other reject with {@link ErrClosedPipe};
 * reads of the other end give null. Pending operations keep the process alive, as those of sockets do, although only
 * this process can end them. Exists on every target.
 *
 * @example
 * ```ts
 * import { pipe } from '@net/core'
 *
 * const [a, b] = pipe()
 * const p = new Uint8Array(16)
 * const [n] = await Promise.all([b.read(p), a.write(new TextEncoder().encode('hello'))])
 * console.log(n) // 5
 * await Promise.all([a.close(), b.close()])
 * ```
 */
export function pipe(): [PipeConn, PipeConn] {
  const [a, b] = [new PipeHandle(), new PipeHandle()]
  const [ab, ba] = [new Flow(a, b), new Flow(b, a)]
  return [new PipeEnd(a, ba, ab), new PipeEnd(b, ab, ba)]
}

const address: PipeAddr = Object.freeze({ network: 'pipe', toString: () => 'pipe' })

class PipeRead extends Op<number | null> {
  readonly #p: Uint8Array
  readonly #flow: Flow

  constructor(p: Uint8Array, flow: Flow) {
    super('read')
    this.#p = p
    this.#flow = flow
  }

  override attempt(): boolean {
    const flow = this.#flow
    if (flow.offered?.isKept === false) flow.offered.cancel(lostBuffer())
    if (flow.offered === null) return flow.ended && this.done(null)
    checkKept(this.#p, 1)
    return this.done(flow.offered.take(this.#p))
  }
}

class PipeWrite extends Op<number> {
  readonly #p: Uint8Array
  readonly #byteLength: number
  readonly #flow: Flow
  #taken = 0

  constructor(p: Uint8Array, flow: Flow) {
    super('write')
    this.#p = p
    this.#byteLength = p.byteLength
    this.#flow = flow
  }

  /** Whether the bytes to write are still there. */
  get isKept(): boolean {
    return this.#p.byteLength >= this.#byteLength
  }

  override attempt(): boolean {
    if (this.#taken === this.#byteLength) return this.done(this.#taken)
    if (this.#flow.ended) return this.fail(ErrClosedPipe)
    this.#flow.offered = this
    return false
  }

  /** Copies bytes that have not been read yet into `p` and gives their number. */
  take(p: Uint8Array): number {
    const n = Math.min(p.byteLength, this.#byteLength - this.#taken)
    p.set(this.#p.subarray(this.#taken, this.#taken + n))
    this.#taken += n
    if (this.#taken === this.#byteLength) this.#flow.offered = null
    return n
  }

  override cancel(reason: unknown): void {
    if (this.#flow.offered === this) this.#flow.offered = null
    super.cancel(reason)
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    return Object.assign(owner.opError(this.name, cause), { n: this.#taken })
  }
}

/** One direction of a pipe. Either reads wait in it or writes, never both. */
class Flow {
  /** The write whose bytes are to be read next. */
  offered: PipeWrite | null = null
  /** Whether nothing can pass any more. */
  ended = false
  readonly reads: Lane
  readonly writes: Lane

  constructor(writer: PipeHandle, reader: PipeHandle) {
    this.writes = writer.writing
    this.reads = reader.reading
    writer.flows.push(this)
    reader.flows.push(this)
  }

  /** Lets reads take what is offered and writes offer more, until one side has to wait. */
  move(): void {
    do {
      this.writes.wake()
      this.reads.wake()
    } while (this.offered === null && this.writes.busy)
  }

  /** Lets nothing pass any more. */
  end(): void {
    this.ended = true
    this.writes.wake()
    this.reads.wake()
  }
}

/** What one end stands on. */
class PipeHandle extends Liveness implements ConnHandle, LaneOwner {
  readonly reading = new Lane(this)
  readonly writing = new Lane(this)
  readonly localAddr = address
  readonly remoteAddr = address
  /** Both directions. */
  readonly flows: Flow[] = []

  constructor() {
    super(processTimer)
  }

  opError(op: string, cause: Error): Error {
    return new OpError(op, 'pipe', null, null, cause)
  }

  close(): Promise<void> {
    this.reading.close(ErrClosedPipe)
    this.writing.close(ErrClosedPipe)
    for (const flow of this.flows) flow.end()
    return Promise.resolve()
  }
}

function run<T>(
  flow: Flow,
  lane: Lane,
  p: Uint8Array,
  op: Op<T | number>,
  options?: IOOptions,
): Promise<T | number> {
  const wrong = checkBuffer(p)
  if (wrong !== null) return Promise.reject(wrong)
  if (p.byteLength === 0 && lane.closed === null && !isOver(options)) return Promise.resolve(0)
  const promise = lane.run(op, options)
  flow.move()
  return promise
}

class PipeEnd extends LaneConn<PipeAddr> implements PipeConn {
  protected readonly handle: PipeHandle
  readonly #in: Flow
  readonly #out: Flow
  #streams: ConnStreams | null = null

  constructor(handle: PipeHandle, incoming: Flow, outgoing: Flow) {
    super()
    this.handle = handle
    this.#in = incoming
    this.#out = outgoing
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#streams ??= new ConnStreams(this)).readable
  }

  get writable(): WritableStream<Uint8Array> {
    return (this.#streams ??= new ConnStreams(this)).writable
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    return run(this.#in, this.#in.reads, p, new PipeRead(p, this.#in), options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    return run(this.#out, this.#out.writes, p, new PipeWrite(p, this.#out), options)
  }

  closeRead(): Promise<void> {
    this.#in.end()
    return Promise.resolve()
  }

  closeWrite(): Promise<void> {
    this.#out.end()
    return Promise.resolve()
  }
}
