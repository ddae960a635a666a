import { BufferPool } from '@net/9p'
import type { NetFile } from '@net/contract'
import { isHungup, plan9Error } from '../file/errors.ts'

const SMALLEST = 4096 // bytes asked for at first
const LARGEST = 524_288 // bytes asked for at most
const MOST_AHEAD = 2_097_152 // bytes of the buffers kept or asked for together
const DATAGRAM = 65_535 + 52 // bytes of the longest datagram with its header
const MOST_OUTSTANDING = 16 << 20 // bytes asked for by all conversations, above which each asks for little

const pool = new BufferPool()
let outstanding = 0 // bytes that all conversations have asked for and that have not come

/** A read that is outstanding, or whose bytes wait to be taken. */
interface Part {
  readonly buffer: Uint8Array<ArrayBuffer>
  /** The part of the buffer that is read into. */
  readonly p: Uint8Array
  /** The bytes read; -1 while it is outstanding. */
  n: number
  error: unknown
}

/**
 * What is read from the data file of a conversation before it is asked for: the reads outstanding, in their
 * order, and what they gave. Bytes are never lost to an operation that ends early, since reads are not called
 * back. Much is asked for at once while bytes come in quickly, and one small read stays outstanding while
 * they do not.
 */
export class ReadAhead {
  /** Whether nothing will come any more. */
  ended = false
  /** Why nothing will come any more. */
  error: Error | null = null
  readonly #file: NetFile
  readonly #datagrams: boolean
  readonly #wake: () => void
  readonly #parts: Part[] = []
  // The buffer of the datagram taken last: its bytes are in use until the next is taken, and a tree in this
  // process would fill it at once.
  #inUse: Uint8Array<ArrayBuffer> | null = null
  readonly #largest: number
  #size: number
  #depth = 1
  #pending = 0
  #held = 0 // bytes of the buffers of all parts
  #taken = 0 // bytes of the first part that are gone
  #stopped = false

  /** Reads `file`; `wake` is called when something has come. */
  constructor(file: NetFile, datagrams: boolean, wake: () => void) {
    this.#file = file
    this.#datagrams = datagrams
    this.#wake = wake
    this.#largest = Math.min(file.ioSize ?? Infinity, datagrams ? DATAGRAM : LARGEST)
    this.#size = datagrams ? this.#largest : Math.min(SMALLEST, this.#largest)
  }

  /** Whether there is something to take. */
  get ready(): boolean {
    const first = this.#parts[0]
    return first !== undefined && first.n >= 0
  }

  /** Whether a read is outstanding. */
  get isReading(): boolean {
    return this.#pending > 0
  }

  /** Sees to it that something will come. */
  ask(): void {
    if (this.#stopped || this.ended || this.error !== null) return
    // A server keeps room for what is asked for, and refuses everybody when that is too much.
    if (outstanding > MOST_OUTSTANDING && !this.#datagrams) this.#size = Math.min(SMALLEST, this.#largest)
    const depth = outstanding > MOST_OUTSTANDING ? 1 : this.#depth
    // A reader that is slower than its peer finds as much here as it may, and the peer waits.
    while (this.#pending < depth && (this.#parts.length === 0 || this.#held + this.#size <= MOST_AHEAD)) {
      this.#read()
    }
  }

  /**
   * Copies what has come into `p` and gives its length, or -1 when nothing has. Of a datagram the rest is
   * dropped.
   */
  take(p: Uint8Array): number {
    if (!this.ready) return -1
    let n = 0
    for (let part = this.#parts[0]; part !== undefined && part.n >= 0; part = this.#parts[0]) {
      const from = part.p.subarray(this.#taken, Math.min(part.n, this.#taken + p.byteLength - n))
      p.set(from, n)
      n += from.byteLength
      this.#taken += from.byteLength
      if (this.#taken < part.n && !this.#datagrams) break
      this.#shift(part)
      if (this.#datagrams || n === p.byteLength) break
    }
    if (this.#file.unref !== undefined) this.ask()
    return n
  }

  /** The first datagram; what is in it is good until the next call. null when none has come. */
  datagram(): Uint8Array | null {
    const part = this.#parts[0]
    if (part === undefined || part.n < 0) return null
    if (this.#inUse !== null) pool.give(this.#inUse)
    this.#inUse = part.buffer
    this.#drop(part)
    this.#checkFirst()
    if (this.#file.unref !== undefined) this.ask()
    return part.p.subarray(0, part.n)
  }

  /** Takes the error that came in place of a datagram; later ones may come all the same. */
  takeError(): Error | null {
    const { error } = this
    this.error = null
    return error
  }

  /** Lets nothing come any more. */
  stop(): void {
    this.#stopped = true
    this.#parts.length = 0
  }

  // Takes the first part out of the list.
  #drop(part: Part): void {
    this.#parts.shift()
    this.#held -= part.p.byteLength
  }

  #shift(part: Part): void {
    this.#drop(part)
    this.#taken = 0
    pool.give(part.buffer)
    this.#checkFirst()
  }

  #read(): void {
    const buffer = pool.take(this.#size)
    const p = buffer.subarray(0, this.#size)
    const part: Part = { buffer, p, n: -1, error: null }
    this.#parts.push(part)
    this.#held += p.byteLength
    this.#pending++
    outstanding += p.byteLength
    this.#file.read(p).then(
      (n) => {
        this.#came(part, n, null)
      },
      (error: unknown) => {
        this.#came(part, -1, error ?? new Error('read failed'))
      },
    )
  }

  #came(part: Part, n: number, error: unknown): void {
    this.#pending--
    outstanding -= part.p.byteLength
    if (this.#stopped) return
    part.n = n
    part.error = error
    if (!this.#datagrams && error === null) this.#adapt(n, part.p.byteLength)
    if (this.#parts[0] !== part) return // an earlier read is not done
    this.#checkFirst()
    this.#wake()
  }

  // Looks whether the first part has no bytes to take, as it is the end of the stream or an error.
  #checkFirst(): void {
    const first = this.#parts[0]
    if (first === undefined) return
    if (first.error !== null) {
      if (!this.#datagrams && isHungup(first.error)) this.ended = true
      else this.error = plan9Error('read', first.error, this.#datagrams)
    } else if (first.n === 0 && !this.#datagrams) {
      this.ended = true
    } else {
      return
    }
    // The parts behind the end repeat it. Behind the error of a datagram others come.
    if (this.#datagrams) this.#drop(first)
    else this.stop()
  }

  // A read that gave little was faster than the sender: the next ask for less. One that was filled may ask
  // for more.
  #adapt(n: number, asked: number): void {
    if (n === asked && asked < this.#largest) this.#size = Math.min(asked * 4, this.#largest)
    else if (n * 8 < asked) this.#size = Math.min(Math.max(this.#size >> 1, SMALLEST), this.#largest)
    this.#depth = n * 8 < asked || n < SMALLEST ? 1 : Math.min(this.#depth * 2, this.#file.outstanding ?? 1)
  }
}
