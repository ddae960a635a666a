// Whether peers that flood a program leave its event loop, and its other peers, their turns: each kind of connection,
// read 16 bytes and 1 KiB at a time, beside the same program on Node's own sockets under the same flood. A gap between
// two turns counts by this program's own processor time; gaps and rates are medians of rounds, in which the two take turns.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { echoRate } from './flood/honest_rate.mjs'

/** What is flooded, and what of Node's it is compared with. */
const KINDS = {
  kernel: 'node',
  hosted: 'node',
  embedded: 'node',
  exported: 'node',
  udp: 'node_udp',
  frames: 'node_frames',
}
const SOME = ['kernel', 'exported', 'udp'] // those of the short form
const GAP = 50 // milliseconds
const SHARE = 0.5
const SIZES = [16, 1024]

/** Starts a program of the folder and gives it with its first message. */
async function start(script, ...args) {
  const child = fork(fileURLToPath(new URL(`flood/${script}`, import.meta.url)), args)
  const [message] = await once(child, 'message')
  return { child, message }
}

async function end({ child }) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** One round: what the honest peer has beside the flood, and the longest gaps, in milliseconds. */
async function round(kind, size, ms) {
  const server = await start('server.mjs', kind, String(size))
  const { port, honest } = server.message
  const flooder = await start('flooder.mjs', kind, String(port))
  try {
    const measured = async () => {
      server.child.send('begin')
      const rate = await echoRate(kind, honest, ms)
      server.child.send('tell')
      const [{ gap, own }] = await once(server.child, 'message')
      return { rate, gap, own }
    }
    return await Promise.race([measured(), ended(server), ended(flooder)])
  } finally {
    await end(flooder)
    await end(server)
  }
}

/** Rejects when a program ends that should go on. */
async function ended({ child }) {
  const [code, signal] = await once(child, 'exit')
  throw new Error(`${child.spawnargs[1]} ended with ${signal ?? code}`)
}

const median = (list) => list.sort((a, b) => a - b)[list.length >> 1]

/** Floods one kind, and gives the medians. */
async function flooded(kind, size, { rounds, ms }) {
  const [ours, nodes] = [[], []]
  for (let i = 0; i < rounds; i++) {
    ours.push(await round(kind, size, ms))
    nodes.push(await round(KINDS[kind], size, ms))
  }
  const of = (list, what) => median(list.map((one) => one[what]))
  const share = of(ours, 'rate') / of(nodes, 'rate')
  const figures = (list) =>
    `${of(list, 'rate').toFixed(0)} echoes/s, gap ${of(list, 'own').toFixed(1)} ms of its own (${of(list, 'gap').toFixed(0)} in all)`
  console.log(
    `${kind} ${size}: ${figures(ours)}; Node ${figures(nodes)}; ${(100 * share).toFixed(0)} % of its rate`,
  )
  return { name: `${kind} ${size}`, gap: of(ours, 'own'), rate: of(ours, 'rate'), share }
}

export const soak = {
  sentence:
    'a flood leaves the event loop its turns within 50 ms, and other peers half of the rate that they have beside Node',
  bound: { short: 120, full: 420 },
  async run({ short }) {
    const form = short ? { rounds: 1, ms: 300 } : { rounds: 5, ms: 2000 }
    const results = []
    for (const kind of short ? SOME : Object.keys(KINDS)) {
      for (const size of SIZES) results.push(await flooded(kind, size, form))
    }
    const bad = results.filter(({ gap, share, rate }) => (short ? !(rate > 0) : gap > GAP || share < SHARE))
    const gap = Math.max(...results.map((result) => result.gap))
    const share = Math.min(...results.map((result) => result.share))
    return {
      good: bad.length === 0,
      figures:
        `${results.length} floods, ${bad.length} felt${bad.map(({ name }) => ` ${name}`).join(',')};` +
        ` the longest gap ${gap.toFixed(1)} ms of its own, the least share of Node's rate ${(100 * share).toFixed(0)} %`,
    }
  },
}
