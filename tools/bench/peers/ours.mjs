// The roles over @net/posix. BENCH_SPIN=off keeps it from looking for events before it sleeps.
import { allocBuffer, posix } from '@net/posix'
import { play } from './role.mjs'
import { rolesOver } from './target.mjs'

const target = posix({ spin: process.env.BENCH_SPIN ?? 'auto', engine: process.env.BENCH_ENGINE ?? 'auto' })
await play(rolesOver(target, { allocBuffer, hasBatches: true }))
