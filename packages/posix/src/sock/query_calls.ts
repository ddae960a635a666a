import { copyBytes, MESSAGE, type TurnRead, type TurnWrite } from '../poll/turn_calls.ts'

/** A socket whose packets come and go with others of a turn. */
export interface QueryCaller {
  /** The number of its descriptor. */
  readonly number: number
  /** Whether it is closed. */
  readonly isClosed: boolean
  /** Takes a packet of `n` bytes, which are its own until it returns, or a negated error number. */
  took(packet: Uint8Array, n: number): void
  /** Is told of a packet that the kernel did not take, with a negated error number. */
  unsent(packet: Uint8Array, result: number): void
}

const nothing: Uint8Array = new Uint8Array()

/** A read of one packet. */
export class QueryRead implements TurnRead {
  readonly byteLength = MESSAGE
  readonly #socket: QueryCaller
  #packet: Uint8Array = nothing
  #n = 0

  /** Makes a read of a socket. */
  constructor(socket: QueryCaller) {
    this.#socket = socket
  }

  get number(): number {
    return this.#socket.number
  }

  get isWaiting(): boolean {
    return !this.#socket.isClosed
  }

  received(n: number, memory: Uint8Array, at: number): void {
    this.#n = n
    if (n > 0) this.#packet = memory.subarray(at, at + n) // It stays there until all are told.
  }

  next(): void {
    this.#socket.took(this.#packet, this.#n)
  }
}

/** A write of one packet, which its owner leaves as it is. */
export class QueryWrite implements TurnWrite {
  readonly #socket: QueryCaller
  readonly #packet: Uint8Array
  #result = 0

  /** Makes a write of a packet of at most {@link MESSAGE} bytes. */
  constructor(socket: QueryCaller, packet: Uint8Array) {
    this.#socket = socket
    this.#packet = packet
  }

  get number(): number {
    return this.#socket.number
  }

  put(memory: Uint8Array, at: number): number {
    if (this.#socket.isClosed) return 0
    copyBytes(this.#packet, 0, memory, at, this.#packet.byteLength)
    return this.#packet.byteLength
  }

  sent(n: number): void {
    this.#result = n
  }

  next(): void {
    if (this.#result < 0) this.#socket.unsent(this.#packet, this.#result)
  }
}
