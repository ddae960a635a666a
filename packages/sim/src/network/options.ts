/** Options of a SimNetwork. */
export interface SimOptions {
  /**
   * What all chance comes from; absent: one that is chosen by chance and told by its `seed`. The environment
   * variable SIM_SEED takes its place.
   */
  readonly seed?: number | string | undefined
  /** 'virtual', when absent: time passes within its `run`, and nothing waits. 'real': it passes by itself. */
  readonly clock?: 'virtual' | 'real' | undefined
  /** The moment on the calendar at which virtual time begins, in milliseconds; absent: 2026-01-01T00:00:00Z. */
  readonly epoch?: number | undefined
  /** How much virtual time a run may take, in milliseconds; absent: an hour. */
  readonly timeLimit?: number | undefined
  /** How many events a run may take; absent: ten million. */
  readonly eventLimit?: number | undefined
  /**
   * How many packets the trace keeps; absent: 2,000. More of them slow the network down, and need not be kept in advance: the same
   * seed brings them about again.
   */
  readonly traceLimit?: number | undefined
}

const EPOCH = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000

/** The same with nothing left out. */
export interface SimSettings {
  readonly seed: string
  readonly clock: 'virtual' | 'real'
  readonly epoch: number
  readonly timeLimit: number
  readonly eventLimit: number
  readonly traceLimit: number
}

/** Fills in the defaults. Throws a TypeError for a clock that there is not, a RangeError for limits that cannot be. */
export function simSettings(options: SimOptions): SimSettings {
  const { clock = 'virtual', epoch = EPOCH, timeLimit = HOUR, eventLimit = 10_000_000 } = options
  const { seed = Math.floor(Math.random() * 1e9), traceLimit = 2000 } = options
  if (clock !== 'virtual' && clock !== 'real') throw new TypeError(`there is no clock '${String(clock)}'`)
  for (const [name, value] of Object.entries({ timeLimit, eventLimit, traceLimit })) {
    if (!(typeof value === 'number' && value >= 0)) throw new RangeError(`${name} is a number, 0 or more`)
  }
  return { seed: process.env.SIM_SEED ?? String(seed), clock, epoch, timeLimit, eventLimit, traceLimit }
}
