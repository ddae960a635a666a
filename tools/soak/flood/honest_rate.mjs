// The honest peer: it sends one small message, waits for the answer, and sends the next.
import { encodedMessage, Tclunk } from '@net/9p'
import { TCPAddr, UDPAddr } from '@net/addr'
import { loopback, target } from './loopback.mjs'

const SMALLEST = 16 // bytes of an honest message
const LOST = 100 // milliseconds after which a datagram counts as lost

const clunk = encodedMessage({ type: Tclunk, tag: 1, fid: 5 })

const peers = {
  stream: async (port) => {
    const conn = await target.dialTCP('tcp4', null, new TCPAddr(loopback, port))
    const p = new Uint8Array(SMALLEST)
    const exchange = async () => {
      await conn.write(p)
      for (let n = 0; n < SMALLEST;) n += (await conn.read(p.subarray(n))) ?? failed()
      return true
    }
    return { conn, exchange }
  },
  datagrams: async (port) => {
    const conn = await target.dialUDP('udp4', null, new UDPAddr(loopback, port))
    conn.setReadTimeout(LOST)
    const p = new Uint8Array(SMALLEST)
    const exchange = async () => {
      await conn.write(p)
      return conn.read(p).then(
        () => true,
        () => false,
      )
    }
    return { conn, exchange }
  },
  frames: async (port) => {
    const conn = await target.dialTCP('tcp4', null, new TCPAddr(loopback, port))
    const p = new Uint8Array(64)
    const exchange = async () => {
      await conn.write(clunk)
      if ((await conn.read(p)) === null) failed()
      return true
    }
    return { conn, exchange }
  },
}
const kinds = { udp: 'datagrams', node_udp: 'datagrams', frames: 'frames', node_frames: 'frames' }

function failed() {
  throw new Error('the honest peer was hung up on')
}

/** Exchanges with an answer that it has a second, over `ms` milliseconds, with the program on `port`. */
export async function echoRate(kind, port, ms) {
  const { conn, exchange } = await peers[kinds[kind] ?? 'stream'](port)
  await exchange()
  let count = 0
  const start = performance.now()
  while (performance.now() - start < ms) {
    if (await exchange()) count++
  }
  const seconds = (performance.now() - start) / 1000
  await conn.close()
  return count / seconds
}
