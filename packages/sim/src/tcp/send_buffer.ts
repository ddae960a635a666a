const SMALLEST = 1024 // bytes of the first block: a connection that says little takes little
const LARGEST = 65536

interface Block {
  readonly bytes: Uint8Array
  /** The sequence number of its first byte. */
  readonly start: number
  /** How many of its bytes are filled. */
  used: number
}

/**
 * What a program has written and the peer has not acknowledged yet. Bytes are copied in once; segments are views of them, as
 * what is filled never changes.
 */
export class SendBuffer {
  readonly #blocks: Block[] = []
  #start: number
  #end: number
  #size = SMALLEST

  /** Makes an empty buffer whose first byte will have this sequence number. */
  constructor(start: number) {
    this.#start = this.#end = start
  }

  /** The sequence number of the first byte that is not acknowledged. */
  get start(): number {
    return this.#start
  }

  /** The sequence number that the next byte to be written gets. */
  get end(): number {
    return this.#end
  }

  /** How many bytes it holds. */
  get byteLength(): number {
    return this.#end - this.#start
  }

  /** Copies bytes in. */
  write(p: Uint8Array): void {
    for (let at = 0; at < p.byteLength;) {
      const block = this.#room()
      const n = Math.min(p.byteLength - at, block.bytes.byteLength - block.used)
      block.bytes.set(p.subarray(at, at + n), block.used)
      block.used += n
      this.#end += n
      at += n
    }
  }

  /** The bytes from a sequence number on; they stay as they are for ever. */
  slice(from: number, length: number): Uint8Array {
    let i = this.#blocks.length - 1
    while (i > 0 && (this.#blocks[i]?.start ?? 0) > from) i--
    const first = this.#blocks[i]
    if (first === undefined || length === 0) return new Uint8Array(0)
    const offset = from - first.start
    if (offset + length <= first.used) return first.bytes.subarray(offset, offset + length)
    const out = new Uint8Array(length)
    for (let n = 0; n < length; i++) {
      const block = this.#blocks[i]
      if (block === undefined) break
      const begin = from + n - block.start
      const part = block.bytes.subarray(begin, Math.min(begin + length - n, block.used))
      out.set(part, n)
      n += part.byteLength
    }
    return out
  }

  /** Lets go of what is before a sequence number. */
  release(to: number): void {
    this.#start = Math.min(to, this.#end)
    for (let first = this.#blocks[0]; first !== undefined; first = this.#blocks[0]) {
      if (first.start + first.used > this.#start) return
      this.#blocks.shift()
    }
    this.#size = SMALLEST
  }

  #room(): Block {
    const last = this.#blocks.at(-1)
    if (last !== undefined && last.used < last.bytes.byteLength) return last
    const block: Block = { bytes: new Uint8Array(this.#size), start: this.#end, used: 0 }
    this.#size = Math.min(this.#size * 2, LARGEST)
    this.#blocks.push(block)
    return block
  }
}
