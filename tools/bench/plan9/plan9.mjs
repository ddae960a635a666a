// TCP through a network that another process exports over 9P on loopback TCP, beside the direct connection, a relay of node:net,
// SOCKS proxies of others, and the same network exported over TLS.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { digits, median, table } from '../stats.mjs'
import { startProxies } from './proxies.mjs'

const script = fileURLToPath(new URL('process.mjs', import.meta.url))
const start = (...args) =>
  spawn(process.execPath, [script, ...args.map(String)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })

const starts = {
  relay: (port) => start('relay', port),
  'over TLS': () => start('export', 'tls'),
  'exported /net': () => start('export'),
}

async function round(way, proxies, scenario, size, count) {
  const peer = start('peer', scenario, size, count)
  const [{ port }] = await once(peer, 'message')
  const between = way in starts ? starts[way](port) : null
  const through = between === null ? (proxies[way] ?? 0) : (await once(between, 'message'))[0].port
  const client = start('client', scenario, size, count, way, port, through)
  const ends = [peer, client].map((child) => once(child, 'exit'))
  const [result] = await once(client, 'message')
  for (const [code] of await Promise.all(ends)) if (code !== 0) throw new Error(`${way} failed`)
  if (between !== null) {
    const end = once(between, 'exit')
    between.disconnect()
    await end
  }
  return result
}

async function compare(ways, proxies, rounds, scenario, size, count) {
  const results = new Map(ways.map((way) => [way, []]))
  for (let i = 0; i < rounds; i++) {
    for (let k = 0; k < ways.length; k++) {
      const way = ways[(i + k) % ways.length]
      results.get(way).push((await round(way, proxies, scenario, size, count)).median)
    }
  }
  return ways.map((way) => median(results.get(way)))
}

/** Round trips of 64 bytes, and bulk in both directions. */
export async function run({ rounds, count, bytes }) {
  const { ports, missing, stop } = await startProxies()
  try {
    const others = ['direct', 'relay', ...Object.keys(ports), 'over TLS', 'embedded /net']
    const ways = [...others, 'exported /net']
    const rows = [['', ...ways, ...others.map((way) => `of ${way}`)]]
    const row = (name, values) => {
      const ours = values.at(-1)
      rows.push([name, ...values.map(digits), ...values.slice(0, -1).map((theirs) => digits(ours / theirs))])
    }
    const times = await compare(ways, ports, rounds, 'round trip', 64, count)
    row(
      'round trip, µs',
      times.map((ms) => ms * 1000),
    )
    for (const [scenario, name] of [
      ['up', 'writing'],
      ['down', 'reading'],
    ]) {
      for (const size of [16_384, 65_536, 262_144]) {
        const rates = await compare(ways, ports, rounds, scenario, size, Math.ceil(bytes / size))
        row(
          `${name} ${size / 1024} KiB, GB/s`,
          rates.map((ms) => bytes / ms / 1e6),
        )
      }
    }
    return [table(rows), ...missing.map((why) => `Without ${why}.`)].join('\n\n')
  } finally {
    await stop()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(await run({ rounds: 3, count: 3000, bytes: 2 ** 27 }))
