// TCP over loopback: round trips of 64 bytes, and bulk one way.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { digits, median, table } from '../stats.mjs'

const script = fileURLToPath(new URL('process.mjs', import.meta.url))
const canPin = spawnSync('taskset', ['-c', '0', 'true']).status === 0 && availableParallelism() >= 2

/** Which cores server and client get: null is any. */
const pins = { none: [null, null], split: [0, 1], same: [0, 0] }

function start(core, args) {
  const command = [process.execPath, script, ...args.map(String)]
  const pinned = core === null ? command : ['taskset', '-c', String(core), ...command]
  return spawn(pinned[0], pinned.slice(1), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}

async function round(peer, pin, scenario, size, count) {
  const server = start(pins[pin][0], [peer, 'server', scenario, size, count])
  const [{ port }] = await once(server, 'message')
  const client = start(pins[pin][1], [peer, 'client', scenario, size, count, port])
  const ends = [once(server, 'exit'), once(client, 'exit')]
  const [result] = await once(client, 'message')
  for (const [code] of await Promise.all(ends)) if (code !== 0) throw new Error(`${peer} failed`)
  return result
}

/** Runs one scenario for both peers in turn and gives the rounds of each. */
async function compare(rounds, pin, scenario, size, count) {
  const results = { node: [], ours: [] }
  for (let i = 0; i < rounds; i++) {
    for (const peer of i % 2 === 0 ? ['node', 'ours'] : ['ours', 'node']) {
      results[peer].push(await round(peer, pin, scenario, size, count))
    }
  }
  return results
}

const of = (rounds, figure) => median(rounds.map((r) => r[figure]))

/** Round trips: time of one, at the median, the mean and the 99th percentile. */
export async function pingPong({ rounds, count }) {
  const rows = [['cores', 'figure', 'node:net, µs', '@net/posix, µs', 'ratio']]
  for (const pin of canPin ? ['split', 'none', 'same'] : ['none']) {
    const { node, ours } = await compare(rounds, pin, 'ping-pong', 64, count)
    for (const figure of ['median', 'mean', 'p99']) {
      const a = of(node, figure) * 1000
      const b = of(ours, figure) * 1000
      rows.push([pinName[pin], figure, digits(a), digits(b), digits(b / a)])
    }
  }
  return table(rows)
}

const pinName = { none: 'any', split: 'one each', same: 'one for both' }

/** Bulk one way: GB/s, and the sender's processor time for a GB. */
export async function throughput({ rounds, bytes }) {
  const rows = [['write size', 'figure', 'node:net', '@net/posix', 'ratio']]
  for (const size of [65536, 262144]) {
    const { node, ours } = await compare(rounds, 'none', 'throughput', size, Math.ceil(bytes / size))
    const rate = (r) => bytes / of(r, 'median') / 1e6
    const cpu = (r) => of(r, 'cpu') / 1000 / (bytes / 1e9)
    rows.push([
      `${size / 1024} KiB`,
      'GB/s',
      digits(rate(node)),
      digits(rate(ours)),
      digits(rate(ours) / rate(node)),
    ])
    rows.push(['', 'sender, CPU s/GB', digits(cpu(node)), digits(cpu(ours)), digits(cpu(ours) / cpu(node))])
  }
  return table(rows)
}
