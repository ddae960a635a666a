// Four peers that send without a pause: `node flooder.mjs KIND PORT`, until it is killed.
import { encodedMessage, Tclunk } from '@net/9p'
import { TCPAddr, UDPAddr } from '@net/addr'
import { loopback, target } from './loopback.mjs'

const PEERS = 4
const BURST = 16 // datagrams before others have their turn

const [kind, port] = process.argv.slice(2)

const clunks = () =>
  Buffer.concat(
    Array.from({ length: 5000 }, (_, i) => encodedMessage({ type: Tclunk, tag: i, fid: 1_000_000 + i })),
  )

async function stream(bytes) {
  const conn = await target.dialTCP('tcp4', null, new TCPAddr(loopback, Number(port)))
  const p = new Uint8Array(1 << 16)
  const discard = async () => {
    while ((await conn.read(p)) !== null);
  }
  void discard()
  for (;;) await conn.write(bytes)
}

async function datagrams() {
  const conn = await target.dialUDP('udp4', null, new UDPAddr(loopback, Number(port)))
  const p = new Uint8Array(1024)
  for (;;) {
    for (let i = 0; i < BURST; i++) await conn.write(p).catch(() => {})
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const flood = {
  udp: datagrams,
  node_udp: datagrams,
  frames: () => stream(clunks()),
  node_frames: () => stream(clunks()),
}[kind]

for (let i = 0; i < PEERS; i++) void (flood ?? (() => stream(new Uint8Array(1 << 16))))()
process.on('disconnect', () => process.exit())
process.send('begun')
