// A server under all that clients do at once: echoes, storms of resets, slow senders, senders that never read, dials
// that are given up. It has no uncaught error, serves the honest ones, and its event loop keeps turning.
import { mib } from './figures.mjs'
import { Peer } from './process.mjs'

const LATE = 20 // milliseconds that the event loop may be late by, of 99 turns in a hundred
const CROWD = 4 // clients of each kind, in a process of its own

export const soak = {
  sentence: `under resets, slow senders and clients that give up no error is uncaught, and the loop is never late by more than ${LATE} ms`,
  bound: { short: 120, full: 900 },
  async run({ short }) {
    const seconds = short ? 4 : 600
    const server = await Peer.start('echo_server', [], { execArgv: ['--expose-gc'] })
    const before = await server.ask('tell')
    server.tell('begin')
    const crowd = await Peer.start('crowd', [String(server.first.port), String(seconds), String(CROWD)], {})
    const { echoes, done } = crowd.first
    const crowdEnded = await crowd.stop()
    const { delay } = await server.ask('end')
    let after = await server.ask('tell')
    // What the crowd left is seen by the server a moment later.
    while (after.open > 0) after = await server.ask('tell')
    const ended = await server.stop()
    const [, p99, max] = delay.late
    const [, wallP99, wallMax] = delay.wall
    const good = ended === null && crowdEnded === null && echoes.failed === 0 && after.held === before.held
    const acts = Object.entries(done).map(([kind, n]) => `${n} ${kind}`)
    return {
      good: good && (short || p99 < LATE),
      figures: `${seconds} s of ${acts.join(', ')}; of ${echoes.done} honest echoes ${echoes.failed} failed; no uncaught error; the server's loop late by p99/max ${p99.toFixed(1)} / ${max.toFixed(1)} ms, with other programs' turns ${wallP99.toFixed(1)} / ${wallMax.toFixed(1)} ms; descriptors ${before.held} before, ${after.held} after; memory ${mib(before.memory)} before, ${mib(after.memory)} after`,
    }
  },
}
