/** How much may be under way at once: slow start, congestion avoidance and fast recovery (RFC 5681), as NewReno (RFC 6582). */
export class Congestion {
  /** Bytes that may be under way. */
  window: number
  /** Whether what is missing is sent again before its time. */
  recovering = false
  #threshold = Infinity
  #recover = -1 // what had been sent when the last loss was found
  #duplicates = 0
  #mss: number

  /** Begins with ten segments (RFC 6928). */
  constructor(mss: number) {
    this.#mss = mss
    this.window = 10 * mss
  }

  /** Bytes that may be under way beyond the window while the first duplicates come in (RFC 3042). */
  get extra(): number {
    return this.recovering ? 0 : Math.min(this.#duplicates, 2) * this.#mss
  }

  /** Segments have become smaller. */
  resize(mss: number): void {
    this.window = Math.max(mss, Math.floor((this.window / this.#mss) * mss))
    this.#mss = mss
  }

  /**
   * `acked` more bytes have arrived, everything before `ack`, with `flight` bytes still under way. Gives whether the segment at
   * `ack` is missing and has to be sent again.
   */
  acked(ack: number, acked: number, flight: number): boolean {
    this.#duplicates = 0
    if (!this.recovering) {
      if (this.window < this.#threshold) this.window += Math.min(acked, 2 * this.#mss)
      else this.window += Math.max(1, (this.#mss * this.#mss) / this.window)
      return false
    }
    if (ack >= this.#recover) {
      this.recovering = false
      this.window = Math.min(this.#threshold, Math.max(flight, this.#mss) + this.#mss)
      return false
    }
    this.window = Math.max(this.#mss, this.window - acked + (acked >= this.#mss ? this.#mss : 0))
    return true
  }

  /**
   * The same was acknowledged again, with everything before `sent` sent. Gives whether the segment behind it is taken for lost
   * and has to be sent again.
   */
  duplicate(ack: number, sent: number, flight: number): boolean {
    this.#duplicates++
    if (this.recovering) {
      this.window += this.#mss
      return false
    }
    if (this.#duplicates !== 3 || ack <= this.#recover) return false
    this.#threshold = Math.max(flight / 2, 2 * this.#mss)
    this.#recover = sent
    this.recovering = true
    this.window = this.#threshold + 3 * this.#mss
    return true
  }

  /** An acknowledgement did not come in time, with everything before `sent` sent. */
  timedOut(sent: number, flight: number, first: boolean): void {
    if (first) this.#threshold = Math.max(flight / 2, 2 * this.#mss)
    this.#recover = sent
    this.recovering = false
    this.#duplicates = 0
    this.window = this.#mss
  }
}
