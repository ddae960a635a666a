import type { Random } from '../clock/random.ts'
import type { Time } from '../clock/time.ts'
import type { Witness } from '../see/sight.ts'
import { Direction } from './direction.ts'
import type { Frame, Station, Wire } from './station.ts'
import type { Weather } from './weather.ts'

/** A cable between two hosts, or a host and a switch, with weather of its own in each direction. */
export class Link implements Wire {
  /** What it ends at. */
  readonly ends: readonly [Station, Station]
  /** 'a-b', after its ends. */
  readonly name: string
  readonly #there: Direction
  readonly #back: Direction
  readonly #witness: Witness
  #up = true

  /** Makes a perfect link. {@link SimNetwork.link} is what makes one that is part of a network. */
  constructor(time: Time, random: Random, witness: Witness, a: Station, b: Station) {
    this.ends = [a, b]
    this.name = `${a.name}-${b.name}`
    this.#witness = witness
    const direction = (from: Station, to: Station): Direction => {
      const name = `${from.name}>${to.name}`
      return new Direction(time, random.derive(name), witness, name, (frame) => {
        if (this.#up) to.arrive(frame, this)
        else witness.saw('lost', name, frame.packet, 'the link is down')
      })
    }
    this.#there = direction(a, b)
    this.#back = direction(b, a)
  }

  /** Whether it carries anything. */
  get isUp(): boolean {
    return this.#up
  }

  /** The weather on the way from the first end to the second. */
  get there(): Weather {
    return this.#there.weather
  }

  /** The weather on the way from the second end to the first. */
  get back(): Weather {
    return this.#back.weather
  }

  /**
   * Changes the weather from now on: what is left out stays as it is. `way` is 'both' when it is absent, 'there' for the way
   * from the first end to the second, 'back' for the other. Packets under way stay as they are. Throws a TypeError or a
   * RangeError for weather that cannot be.
   */
  set(weather: Weather, way: 'both' | 'there' | 'back' = 'both'): void {
    if (way !== 'back') this.#there.set(weather)
    if (way !== 'there') this.#back.set(weather)
    this.#tell()
  }

  /** Takes the link down: what is sent or under way is lost, and the interfaces at its ends stop running. */
  down(): void {
    this.#setUp(false)
  }

  /** Brings the link up again. */
  up(): void {
    this.#setUp(true)
  }

  /** The largest packet that goes from an end, in bytes; Infinity when there is no limit. */
  mtuFrom(end: Station): number {
    return (end === this.ends[0] ? this.#there : this.#back).weather.mtu ?? Infinity
  }

  /** Sends a frame from one of its ends. */
  send(frame: Frame, from: Station): void {
    if (!this.#up) this.#witness.saw('lost', this.name, frame.packet, 'the link is down')
    else if (from === this.ends[0]) this.#there.send(frame)
    else this.#back.send(frame)
  }

  #setUp(up: boolean): void {
    if (this.#up === up) return
    this.#up = up
    this.#tell()
  }

  #tell(): void {
    for (const end of this.ends) end.wired()
  }
}
