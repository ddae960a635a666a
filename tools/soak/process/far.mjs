// The far side of the weather: an echo server, and an export of this side's network. It sends the port of each.
import { TCPAddr } from '@net/addr'
import { exportNet } from '@net/netfs'
import { posix } from '@net/posix'

const target = posix()
const everywhere = new TCPAddr(null, 0)
const listener = await target.listenTCP('tcp4', everywhere)
const exported = await target.listenTCP('tcp4', everywhere)
exportNet(target, exported, { dangerouslyServeAnyone: true }) // nobody but the soak is in this network

async function echo(c) {
  const p = new Uint8Array(1 << 14)
  for (let n = await c.read(p); n !== null; n = await c.read(p)) await c.write(p.subarray(0, n))
  await c.close()
}

process.on('disconnect', () => process.exit())
process.send({ echo: listener.addr.port, export: exported.addr.port })
for await (const c of listener) void echo(c)
