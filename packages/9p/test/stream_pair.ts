import type { Stream } from '../src/index.ts'

const WINDOW = 256 * 1024 // bytes under way before a write waits

/** What a pair of streams does to the bytes. */
export interface PairOptions {
  /** How many bytes the next read gives at most. Default: all there are. */
  readonly piece?: () => number
  /** Cuts the link when this many bytes have gone from the first end to the second. */
  readonly cutForth?: number
  /** Cuts the link when this many bytes have gone from the second end to the first. */
  readonly cutBack?: number
  /** Told the bytes of each write: 0 from the first end, 1 from the second. */
  readonly tap?: (from: 0 | 1, bytes: Uint8Array) => void
}

/** One direction of a link. */
class Lane {
  #bytes = new Uint8Array(0)
  #ended = false
  #broken = false
  #allowed: number
  #waiting: (() => void)[] = []

  constructor(allowed: number) {
    this.#allowed = allowed
  }

  get broken(): boolean {
    return this.#broken
  }

  async write(p: Uint8Array): Promise<number> {
    while (!this.#broken && this.#bytes.length >= WINDOW) await this.#change()
    if (this.#broken || this.#ended) throw new Error('broken pipe')
    const part = p.subarray(0, this.#allowed)
    this.#allowed -= part.length
    const bytes = new Uint8Array(this.#bytes.length + part.length)
    bytes.set(this.#bytes)
    bytes.set(part, this.#bytes.length)
    this.#bytes = bytes
    if (part.length < p.length) this.#ended = true
    this.#wake()
    if (part.length < p.length) throw new Error('broken pipe')
    return p.length
  }

  async read(p: Uint8Array, most: number): Promise<number | null> {
    while (!this.#broken && !this.#ended && this.#bytes.length === 0) await this.#change()
    if (this.#broken) throw new Error('closed')
    if (this.#bytes.length === 0) return null
    const n = Math.min(p.length, this.#bytes.length, Math.max(1, most))
    p.set(this.#bytes.subarray(0, n))
    this.#bytes = this.#bytes.subarray(n)
    this.#wake()
    return n
  }

  /** The writer has gone: what is under way can still be read. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** The reader has gone. */
  break(): void {
    this.#broken = true
    this.#wake()
  }

  get exhausted(): boolean {
    return this.#allowed === 0
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** One end of a link. */
export class PairEnd implements Stream {
  closed = false
  readonly #from: 0 | 1
  readonly #in: Lane
  readonly #out: Lane
  readonly #options: PairOptions

  constructor(from: 0 | 1, incoming: Lane, outgoing: Lane, options: PairOptions) {
    this.#from = from
    this.#in = incoming
    this.#out = outgoing
    this.#options = options
  }

  async read(p: Uint8Array): Promise<number | null> {
    return this.#in.read(p, this.#options.piece?.() ?? Infinity)
  }

  async write(p: Uint8Array): Promise<number> {
    this.#options.tap?.(this.#from, p)
    try {
      return await this.#out.write(p)
    } finally {
      // A link that is cut is cut in both directions.
      if (this.#out.exhausted) this.#in.end()
    }
  }

  async close(): Promise<void> {
    this.closed = true
    this.#in.break()
    this.#out.end()
  }

  /** Ends this end's writing; it can still read. */
  closeWrite(): void {
    this.#out.end()
  }
}

/** Makes a link in memory: what is written at one end is read at the other. */
export function streamPair(options: PairOptions = {}): [PairEnd, PairEnd] {
  const forth = new Lane(options.cutForth ?? Infinity)
  const back = new Lane(options.cutBack ?? Infinity)
  return [new PairEnd(0, back, forth, options), new PairEnd(1, forth, back, options)]
}
