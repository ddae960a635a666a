// The roles over node:net, node:dgram and node:dns.
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import net from 'node:net'
import { addressesIn, parseAll, play, repeat, sendFor } from './role.mjs'

const MESSAGE = 64 // bytes
const BATCH = 64 // datagrams under way
const BUFFER = 4 << 20 // bytes asked for the receive buffer; the system may give less
const host = '127.0.0.1'

async function datagrams(receive) {
  const socket = createSocket('udp4')
  socket.on('message', (p, from) => receive(socket, p, from))
  socket.bind(0, host)
  await once(socket, 'listening')
  return socket
}

async function listening(server, ...where) {
  server.listen(...where)
  await once(server, 'listening')
  return { ready: { port: server.address().port } }
}

async function echo(network, path) {
  if (network === 'udp') {
    const socket = await datagrams((own, p, { port, address }) => own.send(p, port, address))
    return { ready: { port: socket.address().port } }
  }
  const server = net.createServer({ noDelay: true }, (c) => {
    c.on('data', (p) => c.write(p))
    c.on('error', () => c.destroy())
  })
  return listening(server, network === 'unix' ? path : { port: 0, host, backlog: 4096 })
}

function accept() {
  const server = net.createServer({ noDelay: true, pauseOnConnect: true }, (c) => c.destroy())
  return listening(server, { port: 0, host, backlog: 4096 })
}

function write(port, size) {
  const p = Buffer.alloc(Number(size))
  const command = (bytes) =>
    new Promise((resolve, reject) => {
      const start = performance.now()
      const c = net.connect({ port: Number(port), host, noDelay: true })
      let left = bytes
      const pump = () => {
        while (left > 0) {
          left -= p.byteLength
          if (!c.write(p)) {
            c.once('drain', pump)
            return
          }
        }
        c.end()
      }
      c.on('connect', pump)
      c.on('error', reject)
      c.on('close', () => resolve({ ms: performance.now() - start }))
      c.resume()
    })
  return { command }
}

function dial(port, atOnce) {
  const connect = () =>
    new Promise((resolve, reject) => {
      const c = net.connect({ port: Number(port), host, noDelay: true, keepAlive: true })
      c.on('error', reject)
      c.on('connect', () => c.destroy())
      c.on('close', resolve)
    })
  return { command: (count) => repeat(count, Number(atOnce), connect) }
}

function lookup(atOnce) {
  const resolver = new Resolver()
  let names = 0
  return {
    command: (count) => repeat(count, Number(atOnce), () => resolver.resolve4(`n${names++}.bench.test`)),
  }
}

async function count() {
  let received = 0
  const socket = await datagrams(() => received++)
  socket.setRecvBufferSize(BUFFER)
  return { ready: { port: socket.address().port }, command: () => ({ received }) }
}

async function send(port, way) {
  if (way !== 'each') return null
  const socket = createSocket('udp4')
  socket.connect(Number(port), host)
  await once(socket, 'connect')
  const p = new Uint8Array(MESSAGE)
  const one = () => new Promise((resolve) => socket.send(p, resolve))
  const some = async () => {
    await Promise.all(Array.from({ length: BATCH }, one))
    return BATCH
  }
  return { command: (ms) => sendFor(ms, some) }
}

async function parse(file) {
  const addresses = await addressesIn(file)
  return { command: (times) => parseAll(addresses, times, (s) => net.isIP(s) !== 0) }
}

await play({ echo, accept, write, dial, lookup, count, send, parse })
