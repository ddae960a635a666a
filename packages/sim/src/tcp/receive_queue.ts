interface Piece {
  readonly seq: number
  readonly data: Uint8Array
}

/** What has come in: the bytes that a program can read, and those that wait for others before them. */
export class ReceiveQueue {
  /** The sequence number of the next byte that can be read once it is there. */
  next: number
  /** How many bytes can be read. */
  length = 0
  readonly #ready: Uint8Array[] = []
  #early: Piece[] = [] // by sequence number; they do not overlap what is ready, but may overlap each other

  /** Makes an empty queue that begins with this sequence number. */
  constructor(next: number) {
    this.next = next
  }

  /** Whether bytes wait for others before them. */
  get hasGap(): boolean {
    return this.#early.length > 0
  }

  /** Takes bytes; gives how many more can be read now. With `discard` they are counted and dropped. */
  take(seq: number, data: Uint8Array, discard: boolean): number {
    const before = this.next
    if (data.byteLength > 0) this.#put({ seq, data }, discard)
    for (let first = this.#early[0]; first !== undefined && first.seq <= this.next; first = this.#early[0]) {
      this.#early.shift()
      this.#put(first, discard)
    }
    return this.next - before
  }

  /** Copies bytes out and gives how many. */
  read(p: Uint8Array): number {
    let n = 0
    for (let first = this.#ready[0]; first !== undefined && n < p.byteLength; first = this.#ready[0]) {
      const part = first.subarray(0, p.byteLength - n)
      p.set(part, n)
      n += part.byteLength
      if (part.byteLength === first.byteLength) this.#ready.shift()
      else this.#ready[0] = first.subarray(part.byteLength)
    }
    this.length -= n
    return n
  }

  /** Drops everything. */
  clear(): void {
    this.#ready.length = 0
    this.#early = []
    this.length = 0
  }

  #put(piece: Piece, discard: boolean): void {
    const { seq, data } = piece
    if (seq > this.next) {
      let i = this.#early.length
      while (i > 0 && (this.#early[i - 1]?.seq ?? 0) > seq) i--
      const before = this.#early[i - 1]
      if (before?.seq === seq && before.data.byteLength >= data.byteLength) return
      this.#early.splice(i, 0, piece)
      return
    }
    const fresh = data.subarray(this.next - seq)
    if (fresh.byteLength === 0) return
    this.next += fresh.byteLength
    if (discard) return
    this.#ready.push(fresh)
    this.length += fresh.byteLength
  }
}
