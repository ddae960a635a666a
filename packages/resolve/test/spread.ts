import { expect } from 'vitest'

/** In how many of `trials` runs each item came out at each index. */
export function positions(
  trials: number,
  names: readonly string[],
  run: () => string[],
): Map<string, number[]> {
  const counts = new Map(names.map((name) => [name, names.map(() => 0)]))
  for (let t = 0; t < trials; t++) {
    run().forEach((name, i) => {
      const count = counts.get(name)
      if (count !== undefined) count[i] = (count[i] ?? 0) + 1
    })
  }
  return counts
}

/** Expects two counts out of `trials` each to be samples of one probability: within five standard deviations. */
export function expectSameSpread(got: number, want: number, trials: number): void {
  const p = (got + want) / (2 * trials)
  expect(Math.abs(got - want)).toBeLessThanOrEqual(5 * Math.sqrt(2 * trials * p * (1 - p)))
}

/** Expects a count out of `trials` to be a sample of probability `p`: within five standard deviations. */
export function expectProbability(got: number, p: number, trials: number): void {
  expect(Math.abs(got - trials * p)).toBeLessThanOrEqual(5 * Math.sqrt(trials * p * (1 - p)))
}
