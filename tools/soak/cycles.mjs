// Memory over connect, echo and close: it must not grow with the number of connections that came and went.
//
//   node --expose-gc tools/bench/soak/cycles.mjs [cycles]     a million unless told otherwise
import { readdirSync } from 'node:fs'
import { parseIP, TCPAddr } from '@net/addr'
import { listenTCPSync, posix } from '@net/posix'

const goal = Number(process.argv[2] ?? 1_000_000)
const LANES = 16 // clients at any time
const REPORTS = 10

const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
const target = posix()

async function echo(c) {
  const p = new Uint8Array(64)
  try {
    for (let n = await c.read(p); n !== null; n = await c.read(p)) await c.write(p.subarray(0, n))
  } catch (e) {
    if (e.code !== 'ECONNRESET') throw e // the client's way to close
  } finally {
    await c.close()
  }
}

async function serve() {
  for await (const c of listener) void echo(c)
}

let cycles = 0
async function client() {
  const p = new Uint8Array(64)
  while (cycles < goal) {
    const mine = ++cycles
    const c = await target.dialTCP('tcp', null, listener.addr)
    // A reset instead of a lingering close: a million of these would use up the ports.
    await c.write(p)
    let n = 0
    while (n < p.byteLength) n += await c.read(p.subarray(n))
    c.setLinger(0)
    await c.close()
    if (mine % Math.ceil(goal / REPORTS) === 0) report()
  }
}

function report() {
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  const mib = (n) => (n / 2 ** 20).toFixed(1)
  const descriptors = readdirSync('/proc/self/fd').length
  console.log(
    `${cycles} cycles: rss ${mib(rss)} MiB, heap ${mib(heapUsed)} MiB, external ${mib(external)} MiB, ${descriptors} descriptors`,
  )
}

const serving = serve()
await Promise.all(Array.from({ length: LANES }, client))
await listener.close()
await serving
