import type { Time } from '../clock/time.ts'
import type { Packet } from '../ip/packet.ts'
import { packetText } from './packet_text.ts'
import type { Happening, Sighting, Witness } from './sight.ts'

/** The packets that were seen, the latest of them. */
export class Trace implements Witness, Iterable<Sighting> {
  readonly #time: Time
  readonly #keep: number
  readonly #ring: Sighting[] = []
  #count = 0

  /** Makes a trace that keeps so many packets. */
  constructor(time: Time, keep: number) {
    this.#time = time
    this.#keep = keep
  }

  /** How many packets were seen, those included that are not kept any more. */
  get count(): number {
    return this.#count
  }

  saw(what: Happening, where: string, packet: Packet, why = '', damaged = false): void {
    const i = this.#count++
    if (this.#keep === 0) return
    this.#ring[i % this.#keep] = { at: this.#time.now, what, where, why, packet, damaged }
  }

  /** What was seen, oldest first. */
  *[Symbol.iterator](): Generator<Sighting, void> {
    const begin = Math.max(0, this.#count - this.#keep)
    for (let i = begin; i < this.#count; i++) {
      const sighting = this.#ring[i % this.#keep]
      if (sighting !== undefined) yield sighting
    }
  }

  /** The same as lines of text: the moment in milliseconds, what happened where, and the packet. */
  toString(): string {
    return this.tail(Infinity)
  }

  /** The last lines. */
  tail(lines: number): string {
    const all = [...this].slice(lines === Infinity ? 0 : -lines)
    return all.map((sighting) => `${lineOf(sighting)}\n`).join('')
  }
}

function lineOf({ at, what, where, why, packet, damaged }: Sighting): string {
  const loss = why === '' ? '' : ` (${why})`
  return `${at.toFixed(3)} ${what} ${where} ${packetText(packet)}${damaged ? ' damaged' : ''}${loss}`
}
