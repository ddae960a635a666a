// What the flooded program can be: each function begins to serve and gives two ports, that of the flood and that of
// the honest peer. Ours read in a loop; Node's take as much at a time from a socket that tells when it has something.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { serve9P } from '@net/9p'
import { TCPAddr, UDPAddr } from '@net/addr'
import { embeddedNet } from '@net/netfs'
import { importNet, plan9 } from '@net/plan9'
import { hosted } from '@net/posix/hosted'
import { loopback, target as kernel } from './loopback.mjs'

const SMALLEST = 16 // bytes of an honest message

/** Listens on both ports by `listen`, and gives what it accepts there to `flooded` and to `honest`. */
async function serve(listen, flooded, honest) {
  const ports = await Promise.all(
    [flooded, honest].map(async (take) => {
      const listener = await listen()
      const accept = async () => {
        for await (const conn of listener) take(conn).catch(() => conn.close())
      }
      void accept()
      return listener.addr.port
    }),
  )
  return { port: ports[0], honest: ports[1] }
}

async function readAll(conn, size) {
  const p = new Uint8Array(size)
  while ((await conn.read(p)) !== null);
}

async function echo(conn) {
  const p = new Uint8Array(SMALLEST)
  for (let n = await conn.read(p); n !== null; n = await conn.read(p)) await conn.write(p.subarray(0, n))
}

const streams = (target, size) =>
  serve(
    () => target.listenTCP('tcp4', new TCPAddr(loopback, 0)),
    (conn) => readAll(conn, size),
    echo,
  )

/** A target of an export in another process. */
async function exported() {
  const child = fork(fileURLToPath(new URL('../export/exporter.mjs', import.meta.url)), ['plain'])
  const [{ port }] = await once(child, 'message')
  const conn = await kernel.dialTCP('tcp4', null, new TCPAddr(loopback, port))
  return plan9({ net: await importNet(conn) })
}

async function nodePort(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}

/** A server of Node that calls `take` whenever a socket has something. */
const readable = (take) =>
  nodePort(
    createServer((socket) => {
      socket.on('error', () => {})
      socket.on('readable', () => take(socket))
    }),
  )

function takeAll(socket, size) {
  while (socket.read(size) !== null);
}

function answer(socket) {
  for (let p = socket.read(); p !== null; p = socket.read()) socket.write(p)
}

async function nodeDatagrams(take) {
  const socket = createSocket('udp4', (p, from) => take(socket, p, from))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket.address().port
}

async function datagrams(take) {
  const conn = await kernel.listenUDP('udp4', new UDPAddr(loopback, 0))
  void take(conn)
  return conn.localAddr.port
}

const qid = { type: 0, version: 0, path: 1n }

/** A tree of one file, of which nothing is known. */
const tree = { attach: () => ({ qid, open: () => Promise.reject(new Error('permission denied')) }) }

/** Answers each 9P frame with an error's frame, as a program that knows no fid. */
function answerFrames(socket) {
  let rest = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (p) => {
    rest = Buffer.concat([rest, p])
    let at = 0
    while (at + 4 <= rest.length) {
      const size = rest.readUInt32LE(at)
      if (at + size > rest.length) break
      const reply = Buffer.from('....k..\u0007\0Bad fid', 'latin1')
      reply.writeUInt32LE(reply.length)
      rest.copy(reply, 5, at + 5, at + 7) // the tag
      socket.write(reply)
      at += size
    }
    rest = rest.subarray(at)
  })
}

export const start = {
  kernel: (size) => streams(kernel, size),
  hosted: (size) => streams(hosted(), size),
  embedded: (size) => streams(plan9({ net: embeddedNet(kernel) }), size),
  exported: async (size) => streams(await exported(), size),
  udp: async (size) => ({
    port: await datagrams(async (conn) => {
      const p = new Uint8Array(size)
      for (;;) await conn.readFrom(p)
    }),
    honest: await datagrams(async (conn) => {
      const p = new Uint8Array(SMALLEST)
      for (;;) {
        const [n, addr] = await conn.readFrom(p)
        await conn.writeTo(p.subarray(0, n), addr)
      }
    }),
  }),
  frames: () => {
    const take = (conn) => serve9P(conn, tree).done
    return serve(() => kernel.listenTCP('tcp4', new TCPAddr(loopback, 0)), take, take)
  },
  node: async (size) => ({
    port: await readable((socket) => takeAll(socket, size)),
    honest: await readable(answer),
  }),
  node_udp: async () => ({
    port: await nodeDatagrams(() => {}),
    honest: await nodeDatagrams((socket, p, from) => socket.send(p, from.port, from.address)),
  }),
  node_frames: async () => {
    const port = await nodePort(createServer(answerFrames))
    return { port, honest: port }
  },
}
