// One process of the scenario: `peer` serves connections, `export` serves a network over 9P, `relay` passes connections on, and
// `client` measures. Tells its parent its port, or its times.
import { connect, createServer } from 'node:net'
import { parseIP, TCPAddr } from '@net/addr'
import { embeddedNet, exportNet, tlsClient, tlsListener } from '@net/netfs'
import { importNet, plan9 } from '@net/plan9'
import { allocBuffer, listenTCPSync, posix } from '@net/posix'

const [role, ...args] = process.argv.slice(2)
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

async function peer(scenario, size, count) {
  const listener = listenTCPSync('tcp', loopback(0))
  process.send({ port: listener.addr.port })
  const c = await listener.accept()
  await listener.close()
  const p = allocBuffer(Math.max(Number(size), 131_072))
  const message = p.subarray(0, Number(size))
  if (scenario === 'round trip') {
    for (let n = await c.read(p); n !== null; n = await c.read(p)) await c.write(p.subarray(0, n))
  } else if (scenario === 'up') {
    await drain(c, p, size * count)
    await c.write(new Uint8Array(1))
    await c.read(p)
  } else {
    await c.read(p)
    for (let i = 0; i < count; i++) await c.write(message)
    await c.read(p)
  }
  await c.close()
}

async function exporter(tls) {
  const tcp = listenTCPSync('tcp', loopback(0))
  const listener = tls === 'tls' ? tlsListener(tcp, { keys: { [identity]: key } }) : tcp
  const served = exportNet(posix(), listener)
  process.send({ port: tcp.addr.port })
  await new Promise((resolve) => process.once('disconnect', resolve))
  await served.close()
}

async function relay(to) {
  const server = createServer({ noDelay: true }, (c) => {
    const far = connect({ host: '127.0.0.1', port: Number(to), noDelay: true })
    c.pipe(far).pipe(c)
    for (const end of [c, far]) end.on('error', () => end.destroy())
  })
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
  await new Promise((resolve) => process.once('disconnect', resolve))
  server.close()
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
  return await importNet(way === 'over TLS' ? await tlsClient(conn, { identity, key }) : conn)
}

async function client(scenario, size, count, way, port, through) {
  const isFar = way === 'exported /net' || way === 'over TLS'
  const net = isFar ? await imported(way, through) : way === 'embedded /net' ? embeddedNet(posix()) : null
  const target = net === null ? posix() : plan9({ net })
  const proxied = net === null && through !== '0'
  const c = await target.dialTCP('tcp', null, loopback(proxied ? through : port))
  if (proxied && way !== 'relay') await socks(c, Number(port))
  const p = allocBuffer(Math.max(Number(size), 131_072))
  const message = p.subarray(0, Number(size))
  const times = []
  if (scenario === 'round trip') {
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      await c.write(message)
      await drain(c, message, size)
      times.push(performance.now() - start)
    }
  } else {
    const start = performance.now()
    if (scenario === 'up') {
      for (let i = 0; i < count; i++) await c.write(message)
      await drain(c, p, 1)
    } else {
      await c.write(new Uint8Array(1))
      await drain(c, p, size * count)
    }
    times.push(performance.now() - start)
  }
  await c.close()
  await net?.close()
  const { user, system } = process.cpuUsage()
  times.sort((a, b) => a - b)
  process.send(
    {
      median: times[times.length >> 1],
      p99: times[Math.floor(times.length * 0.99)],
      cpu: (user + system) / 1000,
    },
    () => process.disconnect(),
  )
}

await { peer, export: exporter, relay, client }[role](...args)
if (role === 'peer') process.disconnect()
