/**
 * Whether peers that flood a program leave its event loop, and its other peers, their turns: each kind of connection,
 * read 16 bytes and 1 KiB at a time, beside the same program on Node's own sockets under the same flood. All of it
 * in processes and a network of its own.
 *
 *   node tools/soak/flood.mjs [--short] [name ...]
 *
 * It prints a line for each kind and size, which begins with `pass` or `fail`. One passes when the longest gap
 * between two turns is at most 50 ms of this program's own processor time, and the honest peer's echoes have at
 * least half of the rate that they have beside Node. Both are medians of several rounds, in which the two take turns.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { enclose } from '@net/peers'
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

/** Floods one kind. Gives whether it passed, and the line that says so. */
async function flooded(kind, size, { rounds, ms }) {
  const [ours, nodes] = [[], []]
  for (let i = 0; i < rounds; i++) {
    ours.push(await round(kind, size, ms))
    nodes.push(await round(KINDS[kind], size, ms))
  }
  const of = (list, what) => median(list.map((one) => one[what]))
  const share = of(ours, 'rate') / of(nodes, 'rate')
  const ok = of(ours, 'own') <= GAP && share >= SHARE
  const figures = (list) =>
    `${of(list, 'rate').toFixed(0)} echoes/s, gap ${of(list, 'own').toFixed(1)} ms of its own (${of(list, 'gap').toFixed(0)} in all)`
  const line =
    `${ok ? 'pass' : 'fail'} ${kind} ${size}: ${figures(ours)}; Node ${figures(nodes)};` +
    ` ${(100 * share).toFixed(0)} % of its rate`
  return { ok, line }
}

/** All kinds, or those that are named: whether all passed, and their lines. */
export async function flood({ short = false, names = Object.keys(KINDS), told = () => {} } = {}) {
  const form = short ? { rounds: 1, ms: 500 } : { rounds: 5, ms: 2000 }
  const results = []
  for (const kind of names) {
    for (const size of SIZES) {
      const result = await flooded(kind, size, form)
      told(result.line)
      results.push(result)
    }
  }
  return { ok: results.every(({ ok }) => ok), line: results.map(({ line }) => line).join('\n') }
}

if (process.argv[1] === fileURLToPath(import.meta.url) && (await enclose())) {
  const asked = process.argv.slice(2).filter((arg) => !arg.startsWith('--'))
  const names = asked.length > 0 ? asked : Object.keys(KINDS)
  const { ok } = await flood({ short: process.argv.includes('--short'), names, told: console.log })
  if (!ok) process.exitCode = 1
}
