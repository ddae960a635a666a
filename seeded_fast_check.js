/**
 * What tests get for `fast-check`: the same with one seed for all, so that a run of the tests tries what the last one tried, and a
 * new input never fails who has changed nothing. `FC_SEED=$RANDOM pnpm test` tries others.
 */
import * as fc from './node_modules/fast-check/lib/fast-check.js'

fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 1) })

export * from './node_modules/fast-check/lib/fast-check.js'
export { default } from './node_modules/fast-check/lib/fast-check.js'
