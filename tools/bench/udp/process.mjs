// One side of a flood in its own process. The receiver tells its port, and how many packets came when it is asked to stop.
import { createSocket } from 'node:dgram'
import { parseIP, UDPAddr } from '@net/addr'
import { allocBuffer, listenUDPSync, udpSockGroup } from '@net/posix'

const [way, role, size, ms, port] = process.argv.slice(2)
const bytes = Number(size)
const BUFFER = 4 << 20 // bytes asked for the receive buffer; the system may give less
const MESSAGES = 64 // of a batch
const SEGMENTS = 64 // of a message that the kernel cuts
const loopback = parseIP('127.0.0.1')

let received = 0

const receivers = {
  async node() {
    const socket = createSocket('udp4')
    socket.on('message', () => received++)
    await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve))
    socket.setRecvBufferSize(BUFFER)
    return socket.address().port
  },

  one: () =>
    receive(async (conn, p) => {
      await conn.read(p)
      return 1
    }),

  batch: () => receive((conn, _p, messages) => conn.readBatch(messages)),

  gso: () =>
    receive(async (conn, _p, messages) => {
      const n = await conn.readBatch(messages)
      let packets = 0
      for (let i = 0; i < n; i++)
        packets += Math.ceil(messages[i].n / (messages[i].segmentSize || messages[i].n))
      return packets
    }),
}

function receive(read) {
  const conn = listenUDPSync('udp4', new UDPAddr(loopback, 0))
  conn.setReadBuffer(BUFFER)
  if (way === 'gso' && !conn.setGRO(true)) throw new Error('this kernel has no UDP_GRO')
  // Of the large ones fewer, which stay in the cache.
  const [room, length] = way === 'gso' ? [65535, 16] : [bytes, MESSAGES]
  const messages = Array.from({ length }, () => ({ buffer: allocBuffer(room), n: 0, addr: null }))
  const loop = async () => {
    const p = new Uint8Array(bytes)
    for (;;) received += await read(conn, p, messages)
  }
  void loop()
  return Promise.resolve(conn.localAddr.port)
}

/** Sends for the given time and gives how many packets went. */
const senders = {
  async node() {
    const socket = createSocket('udp4')
    await new Promise((resolve) => socket.connect(Number(port), '127.0.0.1', resolve))
    const p = new Uint8Array(bytes)
    const send = () => new Promise((resolve) => socket.send(p, resolve))
    const sent = await repeat(async () => {
      await Promise.all(Array.from({ length: MESSAGES }, send))
      return MESSAGES
    })
    socket.close()
    return sent
  },

  one: () =>
    send(async (conn) => {
      const p = new Uint8Array(bytes)
      return await repeat(async () => {
        for (let i = 0; i < MESSAGES; i++) await conn.write(p)
        return MESSAGES
      })
    }),

  batch: () =>
    send(async (conn) => {
      const messages = Array.from({ length: MESSAGES }, () => ({
        buffer: new Uint8Array(bytes),
        n: 0,
        addr: null,
      }))
      return await repeat(() => conn.writeBatch(messages))
    }),

  gso: () =>
    send(async (conn) => {
      const segments = Math.min(SEGMENTS, Math.floor(65507 / bytes))
      const buffer = new Uint8Array(segments * bytes)
      const messages = Array.from({ length: MESSAGES }, () => ({
        buffer,
        n: 0,
        addr: null,
        segmentSize: bytes,
      }))
      return await repeat(async () => (await conn.writeBatch(messages)) * segments)
    }),
}

async function send(flood) {
  const conn = await udpSockGroup.dialUDP('udp4', null, new UDPAddr(loopback, Number(port)))
  const sent = await flood(conn)
  await conn.close()
  return sent
}

async function repeat(some) {
  const end = performance.now() + Number(ms)
  let sent = 0
  while (performance.now() < end) sent += await some()
  return sent
}

if (role === 'receiver') {
  const bound = await receivers[way]()
  process.on('message', () => process.send({ received }, () => process.exit()))
  process.send({ port: bound })
} else {
  const start = performance.now()
  const sent = await senders[way]()
  process.send({ sent, ms: performance.now() - start }, () => process.disconnect())
}
