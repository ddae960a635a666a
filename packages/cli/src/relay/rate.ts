const WINDOW = 5000 // milliseconds over which bytes are counted, so that the rate neither jumps nor lags far behind
const STEP = 200 // milliseconds between the counts that are remembered

/** How fast bytes go, over the last seconds. */
export class Rate {
  #counts = [{ at: performance.now(), bytes: 0 }]

  /** Tells how many bytes have gone so far, and gives how many go in a second. */
  of(bytes: number): number {
    const now = performance.now()
    const last = this.#counts.at(-1)
    if (last === undefined || now - last.at >= STEP) this.#counts.push({ at: now, bytes })
    while (this.#counts.length > 2 && now - (this.#counts[0]?.at ?? now) > WINDOW) this.#counts.shift()
    const first = this.#counts[0] ?? { at: now, bytes }
    return now > first.at ? ((bytes - first.bytes) * 1000) / (now - first.at) : 0
  }
}
