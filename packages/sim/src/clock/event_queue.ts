/** Something that happens at a moment of simulated time. */
export class SimEvent {
  /** When it happens, in milliseconds of simulated time. */
  readonly at: number
  /** Of events of one moment the one that was planned first happens first. */
  readonly order: number
  /** What happens. */
  readonly run: () => void
  /** Its place in the queue, -1 when it is in none. */
  index = -1

  /** Makes an event that is in no queue yet. */
  constructor(at: number, order: number, run: () => void) {
    this.at = at
    this.order = order
    this.run = run
  }

  /** Whether it happens before another. */
  isBefore(other: SimEvent): boolean {
    return this.at < other.at || (this.at === other.at && this.order < other.order)
  }
}

/** The events that are to come, as a heap with the next one first. */
export class EventQueue {
  readonly #heap: SimEvent[] = []
  #planned = 0

  /** How many events are to come. */
  get size(): number {
    return this.#heap.length
  }

  /** The next event, or null. */
  get next(): SimEvent | null {
    return this.#heap[0] ?? null
  }

  /** Plans an event for a moment. */
  add(at: number, run: () => void): SimEvent {
    const event = new SimEvent(at, this.#planned++, run)
    event.index = this.#heap.length
    this.#heap.push(event)
    this.#up(event)
    return event
  }

  /** Takes an event out; one that has happened already is left alone. */
  delete(event: SimEvent): void {
    const i = event.index
    if (i < 0) return
    event.index = -1
    const last = this.#heap.pop()
    if (last === undefined || last === event) return
    this.#heap[i] = last
    last.index = i
    this.#up(last)
    this.#down(last)
  }

  #up(event: SimEvent): void {
    let i = event.index
    while (i > 0) {
      const p = (i - 1) >> 1
      const parent = this.#heap[p]
      if (parent === undefined || parent.isBefore(event)) break
      this.#put(parent, i)
      i = p
    }
    this.#put(event, i)
  }

  #down(event: SimEvent): void {
    let i = event.index
    for (;;) {
      let c = 2 * i + 1
      let child = this.#heap[c]
      if (child === undefined) break
      const right = this.#heap[c + 1]
      if (right?.isBefore(child) === true) {
        child = right
        c++
      }
      if (event.isBefore(child)) break
      this.#put(child, i)
      i = c
    }
    this.#put(event, i)
  }

  #put(event: SimEvent, i: number): void {
    this.#heap[i] = event
    event.index = i
  }
}
