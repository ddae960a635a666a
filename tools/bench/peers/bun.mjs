// The roles over Bun's own sockets.
import { isIP } from 'node:net'
import { addressesIn, parseAll, play, repeat, sendFor } from './role.mjs'

const MESSAGE = 64 // bytes
const hostname = '127.0.0.1'
const { Bun } = globalThis

async function echo(network, path) {
  if (network === 'udp') {
    const data = (socket, p, port, address) => socket.send(p, port, address)
    const socket = await Bun.udpSocket({ hostname, port: 0, socket: { data } })
    return { ready: { port: socket.port } }
  }
  const socket = {
    open: (c) => c.setNoDelay?.(true),
    data: (c, p) => c.write(p),
  }
  const server = Bun.listen(network === 'unix' ? { unix: path, socket } : { hostname, port: 0, socket })
  return { ready: { port: server.port } }
}

function accept() {
  const socket = { open: (c) => c.end(), data() {} }
  return { ready: { port: Bun.listen({ hostname, port: 0, socket }).port } }
}

function write(port, size) {
  const p = new Uint8Array(Number(size))
  const command = (bytes) =>
    new Promise((resolve, reject) => {
      const start = performance.now()
      let left = bytes
      let offset = 0 // within the write that is under way
      const pump = (c) => {
        while (left > 0) {
          const n = c.write(offset === 0 ? p : p.subarray(offset))
          offset += n
          if (offset < p.byteLength) return
          offset = 0
          left -= p.byteLength
        }
        c.shutdown()
      }
      const socket = { open: pump, drain: pump, data() {}, error: reject }
      socket.end = (c) => c.end()
      socket.close = () => resolve({ ms: performance.now() - start })
      Bun.connect({ hostname, port: Number(port), socket }).catch(reject)
    })
  return { command }
}

function dial(port, atOnce) {
  const connect = () =>
    new Promise((resolve, reject) => {
      const socket = { open: (c) => c.end(), data() {}, close: resolve, connectError: reject }
      Bun.connect({ hostname, port: Number(port), socket }).catch(reject)
    })
  return { command: (count) => repeat(count, Number(atOnce), connect) }
}

function lookup(atOnce) {
  let names = 0
  const once = () => Bun.dns.lookup(`b${names++}.bench.test`, { family: 4, backend: 'c-ares' })
  return { command: (count) => repeat(count, Number(atOnce), once) }
}

async function count() {
  let received = 0
  const socket = await Bun.udpSocket({ hostname, port: 0, socket: { data: () => received++ } })
  return { ready: { port: socket.port }, command: () => ({ received }) }
}

async function send(port, way) {
  const socket = await Bun.udpSocket({ connect: { hostname, port: Number(port) } })
  const p = new Uint8Array(MESSAGE)
  const messages = Array.from({ length: 64 }, () => p)
  const drained = () => new Promise(setImmediate)
  const each = async () => {
    let sent = 0
    for (; sent < 64 && socket.send(p); sent++);
    if (sent < 64) await drained()
    return sent
  }
  const batch = async () => {
    const sent = socket.sendMany(messages)
    if (sent < 64) await drained()
    return sent
  }
  const some = { each, batch }[way]
  return some === undefined ? null : { command: (ms) => sendFor(ms, some) }
}

async function parse(file) {
  const addresses = await addressesIn(file)
  return { command: (times) => parseAll(addresses, times, (s) => isIP(s) !== 0) }
}

await play({ echo, accept, write, dial, lookup, count, send, parse })
