// The eleven parts of nettest, over and over, between two simulated hosts in virtual time: a simulation for each processor.
import { availableParallelism } from 'node:os'
import { NETTEST } from './nettest.mjs'
import { Peer } from './process.mjs'

const MINUTE = 60_000 // milliseconds, for a thousand times

export const soak = {
  sentence: 'nettest’s parts hold each time on a simulated network, a thousand times within a minute',
  bound: { short: 120, full: 600 },
  async run({ short }) {
    const times = short ? 20 : 1000
    const simulations = availableParallelism()
    const begin = performance.now()
    const peers = await Promise.all(
      Array.from({ length: simulations }, (_, i) => {
        const share = Math.floor((times + i) / simulations)
        return Peer.start('simulated', [String(share), String(i + 1)])
      }),
    )
    const took = performance.now() - begin
    await Promise.all(peers.map((peer) => peer.stop()))
    const results = peers.map(({ first }) => first)
    const failures = results.flatMap((result) => result.failures)
    for (const line of failures.slice(0, 10)) console.log(line)
    const sum = (name) => results.reduce((n, result) => n + result[name], 0)
    return {
      good: failures.length === 0 && sum('leaks') === 0 && (short || took < MINUTE),
      figures: `${NETTEST.length} parts ${times} times in ${(took / 1000).toFixed(1)} s by ${simulations} simulations, ${sum('processor').toFixed(1)} s of a processor, ${sum('virtual').toFixed(1)} s of virtual time: ${failures.length} failed, ${sum('leaks')} left open`,
    }
  },
}
