import {
  Errno,
  ErrClosed,
  isErr,
  OpError,
  SyscallError,
  type Deadline,
  type IOOptions,
  type PacketConn,
  checkBuffer,
} from '@net/contract'
import { checkKept, deadlineAt, Lane, Op, type LaneOwner } from '../../src/index.ts'
import { MemoryAddr } from './conn.ts'

type Packet = readonly [Uint8Array<ArrayBuffer>, MemoryAddr]
const LARGEST = 2000

class ReadFrom extends Op<[number, MemoryAddr]> {
  readonly p: Uint8Array
  readonly #byteLength: number
  readonly #queue: Packet[]

  constructor(p: Uint8Array, queue: Packet[]) {
    super('read')
    this.p = p
    this.#byteLength = p.byteLength
    this.#queue = queue
  }

  override attempt(): boolean {
    if (this.#queue.length > 0) checkKept(this.p, this.#byteLength)
    const packet = this.#queue.shift()
    if (packet === undefined) return false
    const n = Math.min(this.p.byteLength, packet[0].byteLength)
    this.p.set(packet[0].subarray(0, n))
    return this.done([n, packet[1]])
  }
}

class WriteTo extends Op<number> {
  readonly #p: Uint8Array
  readonly #from: MemoryPacketConn
  readonly #to: MemoryAddr

  constructor(p: Uint8Array, from: MemoryPacketConn, to: MemoryAddr) {
    super('write')
    this.#p = p
    this.#from = from
    this.#to = to
  }

  override attempt(): boolean {
    if (this.#p.byteLength > LARGEST) return this.fail(new SyscallError('sendto', new Errno('EMSGSIZE', 90)))
    const peer = this.#from.network.get(this.#to.name)
    peer?.queue.push([this.#p.slice(), this.#from.localAddr])
    peer?.reads.wake()
    return this.done(this.#p.byteLength)
  }

  protected override error(_: LaneOwner, cause: Error): Error {
    return new OpError(this.name, 'memory', this.#from.localAddr, this.#to, cause)
  }
}

/** A packet connection of the memory network. */
export class MemoryPacketConn implements PacketConn<MemoryAddr>, LaneOwner {
  readonly network: Map<string, MemoryPacketConn>
  readonly localAddr: MemoryAddr
  readonly addr: MemoryAddr
  readonly queue: Packet[] = []
  readonly reads = new Lane(this)
  readonly writes = new Lane(this)

  constructor(name: string, network: Map<string, MemoryPacketConn>) {
    this.addr = this.localAddr = new MemoryAddr(name)
    this.network = network
    network.set(name, this)
  }

  opError(op: string, cause: Error): Error {
    return new OpError(op, 'memory', this.localAddr, null, cause)
  }

  waiting(): void {
    // Nothing outside of this process can end an operation here.
  }

  async readFrom(p: Uint8Array, options?: IOOptions): Promise<[number, MemoryAddr]> {
    const wrong = checkBuffer(p)
    if (wrong !== null) throw wrong
    return this.reads.run(new ReadFrom(p, this.queue), options)
  }

  async writeTo(p: Uint8Array, addr: MemoryAddr, options?: IOOptions): Promise<number> {
    const wrong = checkBuffer(p)
    if (wrong !== null) throw wrong
    if (!(addr instanceof MemoryAddr)) throw new TypeError('an address is a MemoryAddr')
    return this.writes.run(new WriteTo(p, this, addr), options)
  }

  async receive(p = new Uint8Array(LARGEST)): Promise<[Uint8Array<ArrayBuffer>, MemoryAddr]> {
    const [n, from] = await this.readFrom(p)
    return [p.subarray(0, n), from]
  }

  send(p: Uint8Array, addr: MemoryAddr): Promise<number> {
    return this.writeTo(p, addr)
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<[Uint8Array<ArrayBuffer>, MemoryAddr]> {
    for (;;) {
      let packet: [Uint8Array<ArrayBuffer>, MemoryAddr]
      try {
        packet = await this.receive()
      } catch (e) {
        if (isErr(e, ErrClosed)) return
        throw e
      }
      yield packet
    }
  }

  async close(): Promise<void> {
    this.network.delete(this.localAddr.name)
    this.reads.close()
    this.writes.close()
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
    this.reads.setTimeout(ms)
    this.writes.setTimeout(ms)
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
