const FIRST = 1000 // milliseconds before anything was measured (RFC 6298 section 2.1)
const SLACK = 200 // milliseconds: what Linux adds to the round trip at least (TCP_RTO_MIN)
const LONGEST = 120_000 // milliseconds (TCP_RTO_MAX)

/** The round trip of a connection as it is measured, and how long to wait for an acknowledgement (RFC 6298). */
export class RoundTrip {
  #smoothed = -1
  #variation = 0
  #backoff = 0
  #segment = -1 // the end of the segment that is timed, -1 for none
  #sentAt = 0

  /** How long to wait for an acknowledgement, in milliseconds. */
  get timeout(): number {
    const plain = this.#smoothed < 0 ? FIRST : this.#smoothed + Math.max(SLACK, 4 * this.#variation)
    return Math.min(plain * 2 ** this.#backoff, LONGEST)
  }

  /** A segment that ends with `end` is sent for the first time: it is timed unless another one is. */
  sent(end: number, now: number): void {
    if (this.#segment >= 0) return
    this.#segment = end
    this.#sentAt = now
  }

  /** Something is sent again: an acknowledgement would not tell of which of the two (Karn). */
  sentAgain(): void {
    this.#segment = -1
  }

  /** Everything before `ack` has arrived. */
  acked(ack: number, now: number): void {
    this.#backoff = 0
    if (this.#segment < 0 || ack < this.#segment) return
    this.#segment = -1
    this.measured(now - this.#sentAt)
  }

  /** A round trip took so many milliseconds. */
  measured(sample: number): void {
    if (this.#smoothed < 0) {
      this.#smoothed = sample
      this.#variation = sample / 2
    } else {
      this.#variation += (Math.abs(this.#smoothed - sample) - this.#variation) / 4
      this.#smoothed += (sample - this.#smoothed) / 8
    }
  }

  /** The time has passed: wait twice as long for the next. */
  backOff(): void {
    this.#backoff++
  }
}
