// The roles over Deno's own sockets.
import { isIP } from 'node:net'
import { addressesIn, parseAll, play, repeat, sendFor } from './role.mjs'

const MESSAGE = 64 // bytes
const hostname = '127.0.0.1'
const { Deno } = globalThis

const open = (port) => Deno.connect({ hostname, port: Number(port) })

async function writeAll(c, p) {
  for (let n = 0; n < p.byteLength; n += await c.write(p.subarray(n)));
}

async function echoStream(c) {
  const p = new Uint8Array(MESSAGE * 16)
  try {
    for (let n = await c.read(p); n !== null; n = await c.read(p)) await writeAll(c, p.subarray(0, n))
  } catch (e) {
    if (e.name !== 'ConnectionReset') throw e // a load that was stopped
  }
  c.close()
}

async function echoDatagrams(conn) {
  const room = new Uint8Array(MESSAGE)
  for (;;) {
    const [p, from] = await conn.receive(room)
    await conn.send(p, from)
  }
}

function echo(network, path) {
  if (network === 'udp') {
    const conn = Deno.listenDatagram({ transport: 'udp', hostname, port: 0 })
    void echoDatagrams(conn)
    return { ready: { port: conn.addr.port } }
  }
  const listener =
    network === 'unix' ? Deno.listen({ transport: 'unix', path }) : Deno.listen({ hostname, port: 0 })
  const serve = async () => {
    for await (const c of listener) {
      if (network === 'tcp') c.setNoDelay()
      void echoStream(c)
    }
  }
  void serve()
  return { ready: { port: listener.addr.port } }
}

function accept() {
  const listener = Deno.listen({ hostname, port: 0 })
  const serve = async () => {
    for await (const c of listener) c.close()
  }
  void serve()
  return { ready: { port: listener.addr.port } }
}

function write(port, size) {
  const p = new Uint8Array(Number(size))
  const command = async (bytes) => {
    const start = performance.now()
    const c = await open(port)
    for (let left = bytes; left > 0; left -= p.byteLength) await writeAll(c, p)
    await c.closeWrite()
    await c.read(p)
    c.close()
    return { ms: performance.now() - start }
  }
  return { command }
}

function dial(port, atOnce) {
  const once = async () => {
    const c = await open(port)
    c.close()
  }
  return { command: (count) => repeat(count, Number(atOnce), once) }
}

function lookup(atOnce) {
  let names = 0
  const once = () => Deno.resolveDns(`d${names++}.bench.test`, 'A')
  return { command: (count) => repeat(count, Number(atOnce), once) }
}

function count() {
  const conn = Deno.listenDatagram({ transport: 'udp', hostname, port: 0 })
  let received = 0
  const receive = async () => {
    const p = new Uint8Array(MESSAGE)
    for (;;) {
      await conn.receive(p)
      received++
    }
  }
  void receive()
  return { ready: { port: conn.addr.port }, command: () => ({ received }) }
}

function send(port, way) {
  if (way !== 'each') return null
  const conn = Deno.listenDatagram({ transport: 'udp', hostname, port: 0 })
  const to = { transport: 'udp', hostname, port: Number(port) }
  const p = new Uint8Array(MESSAGE)
  const some = async () => {
    for (let i = 0; i < 64; i++) await conn.send(p, to)
    return 64
  }
  return { command: (ms) => sendFor(ms, some) }
}

async function parse(file) {
  const addresses = await addressesIn(file)
  return { command: (times) => parseAll(addresses, times, (s) => isIP(s) !== 0) }
}

await play({ echo, accept, write, dial, lookup, count, send, parse })
