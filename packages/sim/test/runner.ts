import type { Runner } from '@net/contract/suite'
import { test } from 'vitest'
import type { SimNetwork } from '../src/index.ts'

/** Runs the parts of a suite as tests, each in a run of the network: on virtual time, or in real time where that is its clock. */
export function runnerOf(sim: SimNetwork): Runner {
  return {
    test: (name, part) => {
      // eslint-disable-next-line vitest/expect-expect -- the suite asserts by itself
      test(name, () => sim.run(part))
    },
  }
}
