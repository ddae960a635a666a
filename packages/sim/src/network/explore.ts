import { SimNetwork, type SimOptions } from './network.ts'

/** A run that failed. */
export interface Failure {
  /** The seed that brings it about again. */
  readonly seed: string
  /** What it failed with. */
  readonly error: unknown
  /** Its packets, as lines of text. */
  readonly trace: string
}

/**
 * Runs a body with so many seeds, on a network of its own each time, and gives the first failure, or null when there is none. The
 * seeds are 1, 2, 3 and so on, or what `options.seed` is with these numbers behind it.
 */
export async function explore(
  n: number,
  body: (sim: SimNetwork) => Promise<unknown>,
  options: SimOptions = {},
): Promise<Failure | null> {
  for (let i = 1; i <= n; i++) {
    const seed = options.seed === undefined ? i : `${options.seed}-${i}`
    using sim = new SimNetwork({ ...options, seed })
    try {
      await sim.run(() => body(sim))
    } catch (error) {
      return { seed: sim.seed, error, trace: sim.trace.toString() }
    }
  }
  return null
}
