import { SimNetwork } from './network.ts'
import type { SimOptions } from './options.ts'

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
 *
 * @example
 * ```ts
 * import { explore } from '@net/sim'
 *
 * const failure = await explore(10, async (sim) => {
 *   sim.host('a')
 *   if (Math.random() < 0.5) throw new Error('a coin fell on the wrong side')
 * })
 * console.log(failure?.seed !== undefined) // true
 * ```
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
    } catch (e) {
      return { seed: sim.seed, error: e, trace: sim.trace.toString() }
    }
  }
  return null
}
