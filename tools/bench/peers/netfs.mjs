// TCP through something: `export` and `export tls` stand between, `ping`, `write` and `read` go WAY PORT THROUGH, where
// THROUGH is the port of what stands between (0: nothing does).
import { parseIP, TCPAddr } from '@net/addr'
import { embeddedNet, exportNet, tlsListener, tlsToExport } from '@net/netfs'
import { importNet, plan9 } from '@net/plan9'
import { allocBuffer, listenTCPSync, posix } from '@net/posix'
import { play } from './role.mjs'

const MESSAGE = 64 // bytes
const SIZE = 65536 // bytes of a write
const identity = 'bench'
const key = new Uint8Array(32).fill(7)
const loopback = (port) => new TCPAddr(parseIP('127.0.0.1'), Number(port))

/** Reads `length` bytes and forgets them. */
async function drain(c, p, length) {
  for (let n = 0; n < length;) {
    const got = await c.read(p)
    if (got === null) throw new Error('the stream ended early')
    n += got
  }
}

function exporter(tls) {
  const tcp = listenTCPSync('tcp', loopback(0))
  exportNet(posix(), tls === 'tls' ? tlsListener(tcp, { keys: { [identity]: key } }) : tcp)
  return { ready: { port: tcp.addr.port } }
}

/** Asks a SOCKS proxy for a connection to a port of this machine (RFC 1928). */
async function socks(c, port) {
  const p = new Uint8Array(10)
  await c.write(new Uint8Array([5, 1, 0]))
  await drain(c, p.subarray(0, 2), 2)
  await c.write(new Uint8Array([5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255]))
  await drain(c, p, 10)
}

async function imported(way, port) {
  const conn = await posix().dialTCP('tcp', null, loopback(port))
  return await importNet(way === 'over TLS' ? await tlsToExport(conn, { identity, key }) : conn)
}

/** Gives what dials a port by a way. */
async function dialer(way, port, through) {
  const isFar = way === 'exported /net' || way === 'over TLS'
  const net = isFar ? await imported(way, through) : way === 'embedded /net' ? embeddedNet(posix()) : null
  const target = net === null ? posix() : plan9({ net })
  const proxied = net === null && through !== '0'
  return async () => {
    const c = await target.dialTCP('tcp', null, loopback(proxied ? through : port))
    if (proxied && way !== 'relay in C') await socks(c, Number(port))
    return c
  }
}

async function ping(...where) {
  const dial = await dialer(...where)
  const c = await dial()
  const p = allocBuffer(MESSAGE)
  const command = async (ms) => {
    const times = []
    for (const end = performance.now() + ms; performance.now() < end;) {
      const start = performance.now()
      await c.write(p)
      await drain(c, p, MESSAGE)
      times.push((performance.now() - start) * 1000)
    }
    times.sort((a, b) => a - b)
    const sum = times.reduce((a, b) => a + b)
    const [p50, p99] = [0.5, 0.99].map((part) => times[Math.floor(times.length * part)])
    return { ops: times.length, p50, mean: sum / times.length, p99 }
  }
  return { command }
}

async function timed(work) {
  const start = performance.now()
  await work()
  return { ms: performance.now() - start }
}

/** What the far side is to know first: how many bytes go. */
function length(bytes) {
  const p = Buffer.alloc(8)
  p.writeBigUInt64LE(BigInt(bytes))
  return p
}

async function write(...where) {
  const dial = await dialer(...where)
  const p = allocBuffer(SIZE)
  const all = async (bytes) => {
    const c = await dial()
    await c.write(length(bytes))
    for (let left = bytes; left > 0; left -= SIZE) await c.write(p)
    await drain(c, p, 1)
    await c.close()
  }
  return { command: (bytes) => timed(() => all(bytes)) }
}

async function read(...where) {
  const dial = await dialer(...where)
  const p = allocBuffer(SIZE)
  const all = async (bytes) => {
    const c = await dial()
    await c.write(length(bytes))
    await drain(c, p, bytes)
    await c.close()
  }
  return { command: (bytes) => timed(() => all(bytes)) }
}

await play({ export: exporter, ping, write, read })
