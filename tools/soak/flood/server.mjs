// The program that is flooded: `node server.mjs KIND SIZE`. It reads SIZE bytes at a time for ever, and answers one
// honest peer, on a port of its own. It tells its ports, and, asked, the longest gaps between turns of its loop.
import { setInterval } from 'node:timers'
import { start } from './servers.mjs'

const TICK = 2 // milliseconds

const [kind, size] = process.argv.slice(2)
const ports = await start[kind](Number(size))

/** The gaps between turns: in all, and of the processor time that this program used in them. */
let gap = 0
let own = 0
let last = performance.now()
let used = process.cpuUsage()
setInterval(() => {
  const now = performance.now()
  const { user, system } = process.cpuUsage(used)
  used = process.cpuUsage()
  gap = Math.max(gap, now - last - TICK)
  own = Math.max(own, Math.min(now - last - TICK, (user + system) / 1e3))
  last = now
}, TICK)
process.on('message', (message) => {
  if (message === 'tell') process.send({ gap, own })
  else gap = own = 0
})
process.on('disconnect', () => process.exit())
process.send(ports)
