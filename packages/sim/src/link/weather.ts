/**
 * What a link does to packets, in one direction. Probabilities are from 0 to 1; what is absent is the perfect link's: no time,
 * no limit, no loss.
 */
export interface Weather {
  /** How long a packet is under way, in milliseconds. */
  readonly latency?: number | undefined
  /** Up to how much longer it may take, in milliseconds, each time anew. Packets stay in their order all the same. */
  readonly jitter?: number | undefined
  /** How much goes through, in bits a second. Packets wait for each other. */
  readonly bandwidth?: number | undefined
  /** How many bytes may wait for the bandwidth; what comes on top is lost. Absent: any number. */
  readonly queue?: number | undefined
  /** How probable it is that a packet is lost. */
  readonly loss?: number | undefined
  /** How probable it is that a packet arrives twice. */
  readonly duplicate?: number | undefined
  /**
   * How probable it is that later packets overtake one: it takes up to `latency` longer, and 1 ms longer at least.
   */
  readonly reorder?: number | undefined
  /** How probable it is that a bit of a packet changes, which its receiver finds by the checksum. */
  readonly corrupt?: number | undefined
  /** The largest packet, in bytes; 68 or more. */
  readonly mtu?: number | undefined
}

type Check = (value: number) => boolean

const amount: Check = (x) => x >= 0 && x < Infinity
const probability: Check = (x) => x >= 0 && x <= 1
const checks: Readonly<Record<keyof Weather, readonly [check: Check, want: string]>> = {
  latency: [amount, 'milliseconds, 0 or more'],
  jitter: [amount, 'milliseconds, 0 or more'],
  bandwidth: [(x) => x > 0, 'bits a second, more than 0'],
  queue: [(x) => x >= 0, 'bytes, 0 or more'],
  loss: [probability, 'a probability, 0 to 1'],
  duplicate: [probability, 'a probability, 0 to 1'],
  reorder: [probability, 'a probability, 0 to 1'],
  corrupt: [probability, 'a probability, 0 to 1'],
  mtu: [(x) => Number.isInteger(x) && x >= 68, 'bytes, 68 or more'],
}

/**
 * Checks what is given for weather. Throws a TypeError for what is no weather, or a number of something that weather does not
 * have, and a RangeError for weather that cannot be.
 */
export function checkWeather(weather: Weather): void {
  if (typeof weather !== 'object' || weather === null) throw new TypeError('weather is an object')
  for (const [name, value] of Object.entries(weather) as [keyof Weather, unknown][]) {
    const known = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (known === undefined) throw new TypeError(`weather has no ${name}`)
    if (value === undefined) continue
    const [check, want] = known
    if (typeof value !== 'number') throw new TypeError(`${name} is no number`)
    if (!check(value)) throw new RangeError(`${name} is ${value}; it is ${want}`)
  }
}
