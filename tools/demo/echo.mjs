import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { ErrClosed, isErr, joinHostPort } from '@net/core'
import { same } from './step.mjs'

/** @typedef {import('@net/core').Net} Net */
/** @typedef {import('./outside.mjs').Outside} Outside */

const data = randomBytes(4 << 20)
const packet = randomBytes(1200)
const PACKETS = 100

/** Reads a connection to its end. @param {import('@net/core').Conn} conn */
async function readAll(conn) {
  const all = new Uint8Array(data.byteLength)
  let n = 0
  for (;;) {
    const got = await conn.read(all.subarray(n))
    if (got === null || n + got === all.byteLength) return all.subarray(0, n + (got ?? 0))
    n += got
  }
}

/** Our connection sends to Node's own server, which sends back. @param {Net} net @param {'tcp4' | 'tcp6'} network @param {string} host @param {Outside} outside */
export async function dialNode(net, network, host, outside) {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
  const { port, close } = await outside.listen(server, host)
  const conn = await net.dial(network, joinHostPort(host, port))
  try {
    const [, got] = await Promise.all([conn.write(data), readAll(conn)])
    return same(got, data)
  } finally {
    await conn.close()
    await close()
  }
}

/** Node's own socket sends to our listener, which sends back. @param {Net} net @param {'tcp4' | 'tcp6'} network @param {string} host @param {Outside} outside */
export async function serveNode(net, network, host, outside) {
  const listener = await net.listen(network, joinHostPort(host, 0))
  try {
    const echoed = listener.accept().then((conn) => conn.readable.pipeTo(conn.writable))
    const socket = outside.connect(listener.addr.port, host)
    socket.end(data)
    const got = await buffer(socket)
    await echoed
    return same(got, data)
  } finally {
    await listener.close()
  }
}

/** Node's own datagram socket sends to ours, which sends back. @param {Net} net @param {'udp4' | 'udp6'} network @param {string} host */
export async function serveDatagrams(net, network, host) {
  const ours = await net.listenPacket(network, joinHostPort(host, 0))
  const echo = async () => {
    for await (const [p, from] of ours) {
      await ours.writeTo(p, from).catch((/** @type {unknown} */ e) => {
        // The answer may have come before the word that it went, and all be closed by then.
        if (!isErr(e, ErrClosed)) throw e
      })
    }
  }
  const echoed = echo()
  const socket = createSocket(network)
  try {
    let bytes = 0
    for (let i = 0; i < PACKETS; i++) {
      const answered = once(socket, 'message', { signal: AbortSignal.timeout(10_000) })
      socket.send(packet, ours.addr.port, host)
      const [got] = await answered
      bytes += same(got, packet)
    }
    return bytes
  } finally {
    socket.close()
    await ours.close()
    await echoed
  }
}

/** Our datagram socket sends to Node's own, which sends back. @param {Net} net @param {'udp4' | 'udp6'} network @param {string} host */
export async function dialDatagrams(net, network, host) {
  const socket = createSocket(network)
  socket.on('message', (p, from) => socket.send(p, from.port, from.address))
  socket.bind(0, host)
  await once(socket, 'listening')
  const { port } = socket.address()
  const conn = await net.dial(network, joinHostPort(host, port))
  try {
    conn.setReadTimeout(10_000)
    const p = new Uint8Array(2048)
    let bytes = 0
    for (let i = 0; i < PACKETS; i++) {
      await conn.write(packet)
      bytes += same(p.subarray(0, await conn.read(p)), packet)
    }
    return bytes
  } finally {
    await conn.close()
    socket.close()
  }
}

/** A refused connection is told as Go tells it, with Node's code. @param {Net} net @param {string} host */
export async function refused(net, host) {
  const gone = await net.listen('tcp', joinHostPort(host, 0))
  await gone.close()
  const to = gone.addr.toString()
  try {
    const conn = await net.dial('tcp', to)
    await conn.close()
  } catch (e) {
    const { message, code } = /** @type {import('@net/core').OpError} */ (e)
    // The system call that failed is named where there is one.
    const texts = [`dial tcp ${to}: connect: connection refused`, `dial tcp ${to}: connection refused`]
    if (texts.includes(message) && code === 'ECONNREFUSED' && !isErr(e, ErrClosed)) return 0
    throw e
  }
  throw new Error(`somebody answered at ${to}`)
}
