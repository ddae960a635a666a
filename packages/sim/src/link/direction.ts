import type { Random } from '../clock/random.ts'
import type { Time } from '../clock/time.ts'
import { packetLength } from '../ip/packet.ts'
import type { Witness } from '../see/sight.ts'
import type { Frame } from './station.ts'
import { checkWeather, type Weather } from './weather.ts'

/** One direction of a link. */
export class Direction {
  readonly #time: Time
  readonly #random: Random
  readonly #witness: Witness
  readonly #name: string
  readonly #deliver: (frame: Frame) => void
  #weather: Weather = {}
  #busyUntil = 0 // when the last packet that waits for the bandwidth will have gone
  #lastArrival = 0 // of packets that stay in their order

  /** Makes a perfect direction that hands frames to `deliver`. */
  constructor(
    time: Time,
    random: Random,
    witness: Witness,
    name: string,
    deliver: (frame: Frame) => void,
  ) {
    this.#time = time
    this.#random = random
    this.#witness = witness
    this.#name = name
    this.#deliver = deliver
  }

  /** What it does to packets. */
  get weather(): Weather {
    return this.#weather
  }

  /** Changes some of what it does; the rest stays. Throws as {@link checkWeather}. */
  set(weather: Weather): void {
    checkWeather(weather)
    this.#weather = { ...this.#weather, ...weather }
  }

  /** Sends a frame. */
  send(frame: Frame): void {
    const { mtu = Infinity, loss = 0, duplicate = 0, corrupt = 0 } = this.#weather
    const random = this.#random
    if (packetLength(frame.packet) > mtu) {
      this.#lose(frame, 'larger than the link')
    } else if (random.chance(loss)) {
      this.#lose(frame, 'loss')
    } else {
      const damaged = random.chance(corrupt) ? { ...frame, damaged: true } : frame
      this.#carry(damaged)
      if (random.chance(duplicate)) this.#carry(damaged)
    }
  }

  #carry(frame: Frame): void {
    const { latency = 0, jitter = 0, reorder = 0, bandwidth = Infinity, queue = Infinity } = this.#weather
    const { now } = this.#time
    let gone = now
    if (bandwidth !== Infinity) {
      const begin = Math.max(now, this.#busyUntil)
      const length = packetLength(frame.packet)
      const waiting = ((begin - now) / 1000) * (bandwidth / 8)
      if (begin > now && waiting + length > queue) {
        this.#lose(frame, 'the queue is full')
        return
      }
      gone = this.#busyUntil = begin + (length * 8000) / bandwidth
    }
    let arrival = gone + latency
    if (jitter > 0) arrival += this.#random.float() * jitter
    if (this.#random.chance(reorder)) {
      arrival += 1 + this.#random.float() * latency
    } else {
      arrival = this.#lastArrival = Math.max(arrival, this.#lastArrival)
    }
    this.#time.after(arrival - now, () => {
      this.#deliver(frame)
    })
  }

  #lose(frame: Frame, why: string): void {
    this.#witness.saw('lost', this.#name, frame.packet, why)
  }
}
