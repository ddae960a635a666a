/**
 * How long it takes to read an IP address: @net/addr's parseIP against node:net's isIP (which only tells whether it
 * is one), ipaddr.js and ip-address.
 *
 * `export async function run(options?)` gives rows of `{ name, v4ns, v6ns }`: nanoseconds per call, the median of
 * interleaved rounds. Every contestant reads the same 1000 different addresses of each family in each round, and
 * must take all of them for addresses, or `run` throws. `node parse_ip.mjs` prints the rows.
 */
import { isIP } from 'node:net'
import { pathToFileURL } from 'node:url'
import { parseIP } from '@net/addr'
import { Address4, Address6 } from 'ip-address'
import ipaddr from 'ipaddr.js'

const contestants = [
  { name: '@net/addr parseIP', v4: (s) => parseIP(s) !== null, v6: (s) => parseIP(s) !== null },
  { name: 'node:net isIP', v4: (s) => isIP(s) === 4, v6: (s) => isIP(s) === 6 },
  {
    name: 'ipaddr.js parse',
    v4: (s) => ipaddr.parse(s).kind() === 'ipv4',
    v6: (s) => ipaddr.parse(s).kind() === 'ipv6',
  },
  {
    name: 'ip-address',
    v4: (s) => new Address4(s).isCorrect(),
    v6: (s) => new Address6(s).parsedAddress.length === 8,
  },
]

/** Numbers that are the same in every run (mulberry32). */
function generator(seed) {
  return (limit) => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }
}

/** 1000 addresses of each family; of IPv6 three quarters whole, one quarter with '::'. */
function addresses() {
  const random = generator(1)
  const group = () => random(65536).toString(16)
  const v4 = Array.from({ length: 1000 }, () => Array.from({ length: 4 }, () => random(256)).join('.'))
  const v6 = Array.from({ length: 1000 }, (_, i) =>
    i % 4 === 0 ? `2001:db8::${group()}:${group()}` : Array.from({ length: 8 }, group).join(':'),
  )
  // As if they had come from outside: flat strings, not ones still to be joined.
  const flat = (s) => Buffer.from(s, 'latin1').toString('latin1')
  return { v4: v4.map(flat), v6: v6.map(flat) }
}

function nsPerCall(name, read, texts, repeats) {
  let hits = 0
  const start = process.hrtime.bigint()
  for (let k = 0; k < repeats; k++) for (const text of texts) if (read(text)) hits++
  const ns = Number(process.hrtime.bigint() - start)
  const calls = texts.length * repeats
  if (hits !== calls) throw new Error(`${name} took ${hits} of ${calls} addresses for addresses`)
  return ns / calls
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
}

/** Runs the comparison; `rounds` interleaved rounds of `repeats` times 1000 addresses, after two to warm up. */
export async function run({ rounds = 21, repeats = 10 } = {}) {
  const texts = addresses()
  const times = contestants.map(() => ({ v4: [], v6: [] }))
  for (let round = -2; round < rounds; round++) {
    for (const [i, c] of contestants.entries()) {
      for (const family of ['v4', 'v6']) {
        const ns = nsPerCall(c.name, c[family], texts[family], repeats)
        if (round >= 0) times[i][family].push(ns)
      }
    }
  }
  return contestants.map((c, i) => ({ name: c.name, v4ns: median(times[i].v4), v6ns: median(times[i].v6) }))
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.table(await run())
}
