// TCP through a network that another process exports over 9P on loopback TCP, beside the direct connection and a relay that
// passes bytes on as a SOCKS proxy does behind its handshake (node:net).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { digits, median, table } from '../stats.mjs'

const script = fileURLToPath(new URL('process.mjs', import.meta.url))
const start = (...args) =>
  spawn(process.execPath, [script, ...args.map(String)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })

async function round(way, scenario, size, count) {
  const peer = start('peer', scenario, size, count)
  const [{ port }] = await once(peer, 'message')
  const between = way === 'direct' ? null : way === 'relay' ? start('relay', port) : start('export')
  const through = between === null ? 0 : (await once(between, 'message'))[0].port
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

const ways = ['direct', 'relay', 'plan9']

async function compare(rounds, scenario, size, count) {
  const results = { direct: [], relay: [], plan9: [] }
  for (let i = 0; i < rounds; i++) {
    for (let k = 0; k < ways.length; k++) {
      const way = ways[(i + k) % ways.length]
      results[way].push((await round(way, scenario, size, count)).median)
    }
  }
  return ways.map((way) => median(results[way]))
}

/** Round trips of 64 bytes, and bulk in both directions. */
export async function run({ rounds, count, bytes }) {
  const rows = [['', 'direct', 'relay', 'exported /net', 'to direct', 'to relay']]
  {
    const [a, b, c] = await compare(rounds, 'round trip', 64, count)
    rows.push(['round trip, µs', ...[a, b, c].map((ms) => digits(ms * 1000)), digits(c / a), digits(c / b)])
  }
  for (const [scenario, name] of [
    ['up', 'writing'],
    ['down', 'reading'],
  ]) {
    for (const size of [16_384, 65_536, 262_144]) {
      const rates = (await compare(rounds, scenario, size, Math.ceil(bytes / size))).map(
        (ms) => bytes / ms / 1e6,
      )
      const [a, b, c] = rates
      rows.push([`${name} ${size / 1024} KiB, GB/s`, ...rates.map(digits), digits(c / a), digits(c / b)])
    }
  }
  return table(rows)
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(await run({ rounds: 3, count: 3000, bytes: 2 ** 27 }))
