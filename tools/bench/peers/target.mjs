// The roles over a target of ours.
import { parseIP, TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import { addressesIn, parseAll, repeat, sendFor } from './role.mjs'

const MESSAGE = 64 // bytes
const BATCH = 64 // datagrams of a call
const SEGMENTS = 64 // datagrams that the kernel cuts a message into
const BUFFER = 4 << 20 // bytes asked for the receive buffer; the system may give less
const loopback = parseIP('127.0.0.1')
const at = (port) => new TCPAddr(loopback, Number(port))

/** The roles over a target, the buffers it likes best, and whether it has writeBatch. */
export function rolesOver(target, { allocBuffer, hasBatches }) {
  async function echoStream(c) {
    const p = allocBuffer(MESSAGE * 16)
    try {
      for (let n = await c.read(p); n !== null; n = await c.read(p)) await c.write(p.subarray(0, n))
    } catch (e) {
      if (e.code !== 'ECONNRESET') throw e // a load that was stopped
    }
    await c.close()
  }

  async function echoStreams(listener) {
    for await (const c of listener) void echoStream(c)
  }

  async function echoDatagrams(conn) {
    const p = allocBuffer(MESSAGE)
    for (;;) {
      const [n, addr] = await conn.readFrom(p)
      await conn.writeTo(p.subarray(0, n), addr)
    }
  }

  async function echo(network, path) {
    if (network === 'udp') {
      const conn = await target.listenUDP('udp4', new UDPAddr(loopback, 0))
      void echoDatagrams(conn)
      return { ready: { port: conn.localAddr.port } }
    }
    const listener =
      network === 'unix'
        ? await target.listenUnix('unix', new UnixAddr(path, 'unix'))
        : await target.listenTCP('tcp4', at(0), { backlog: 4096 })
    void echoStreams(listener)
    return { ready: { port: listener.addr.port } }
  }

  async function accept() {
    const listener = await target.listenTCP('tcp4', at(0), { backlog: 4096 })
    const serve = async () => {
      for await (const c of listener) void c.close()
    }
    void serve()
    return { ready: { port: listener.addr.port } }
  }

  function write(port, size) {
    const p = allocBuffer(Number(size))
    const command = async (bytes) => {
      const start = performance.now()
      const c = await target.dialTCP('tcp', null, at(port))
      for (let left = bytes; left > 0; left -= p.byteLength) await c.write(p)
      await c.closeWrite()
      await c.read(p)
      await c.close()
      return { ms: performance.now() - start }
    }
    return { command }
  }

  function dial(port, atOnce) {
    const addr = at(port)
    const once = async () => {
      const c = await target.dialTCP('tcp', null, addr)
      await c.close()
    }
    return { command: (count) => repeat(count, Number(atOnce), once) }
  }

  function lookup(atOnce) {
    let names = 0
    const once = () => target.lookupIP('ip4', `o${names++}.bench.test`)
    return { command: (count) => repeat(count, Number(atOnce), once) }
  }

  async function count() {
    const conn = await target.listenUDP('udp4', new UDPAddr(loopback, 0))
    conn.setReadBuffer(BUFFER)
    let received = 0
    const receive = async () => {
      const p = allocBuffer(MESSAGE)
      for (;;) {
        await conn.read(p)
        received++
      }
    }
    void receive()
    return { ready: { port: conn.localAddr.port }, command: () => ({ received }) }
  }

  async function send(port, way) {
    const conn = await target.dialUDP('udp4', null, new UDPAddr(loopback, Number(port)))
    const p = new Uint8Array(MESSAGE)
    const messages = Array.from({ length: BATCH }, () => ({ buffer: p, n: 0, addr: null }))
    const whole = new Uint8Array(MESSAGE * SEGMENTS)
    const long = Array.from({ length: BATCH }, () => ({
      buffer: whole,
      n: 0,
      addr: null,
      segmentSize: MESSAGE,
    }))
    const each = async () => {
      for (let i = 0; i < BATCH; i++) await conn.write(p)
      return BATCH
    }
    const batch = () => conn.writeBatch(messages)
    const segments = async () => (await conn.writeBatch(long)) * SEGMENTS
    const some = (hasBatches ? { each, batch, segments } : { each })[way]
    return some === undefined ? null : { command: (ms) => sendFor(ms, some) }
  }

  async function parse(file) {
    const addresses = await addressesIn(file)
    return { command: (times) => parseAll(addresses, times, (s) => parseIP(s) !== null) }
  }

  return { echo, accept, write, dial, lookup, count, send, parse }
}
