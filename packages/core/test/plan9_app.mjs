// A program that knows nothing of targets: it tells what it is told to do, and does it with the default Net.
import { defaultNet, dial, interfaces, listen, listenPacket, lookupHost, lookupPort } from '@net/core'

const text = new TextDecoder()
const p = new Uint8Array(100)
/** @type {Record<string, unknown>} */
const told = { target: defaultNet().target.name }

const listener = await listen('tcp', '127.0.0.1:0')
const accepted = listener.accept()
const client = await dial('tcp', listener.addr.toString())
const server = await accepted
await client.write(Buffer.from('question'))
told.question = text.decode(p.subarray(0, (await server.read(p)) ?? 0))
await server.write(Buffer.from('answer'))
told.answer = text.decode(p.subarray(0, (await client.read(p)) ?? 0))
told.addresses = [
  String(client.remoteAddr) === String(listener.addr),
  String(server.remoteAddr) === String(client.localAddr),
]
await server.close()
told.end = await client.read(p)
await client.close()

const packets = await listenPacket('udp', '127.0.0.1:0')
const sender = await dial('udp', packets.localAddr.toString())
await sender.write(Buffer.from('packet'))
const [n, from] = await packets.readFrom(p)
told.packet = [text.decode(p.subarray(0, n)), String(from) === String(sender.localAddr)]
await Promise.all([sender.close(), packets.close()])

told.host = (await lookupHost('localhost')).includes('127.0.0.1')
told.port = await lookupPort('tcp', 'http')
told.loopback = (await interfaces()).length > 0
await listener.close()
told.refused = await dial('tcp', listener.addr.toString()).then(
  String,
  (/** @type {{ code: string }} */ e) => e.code,
)
console.log(JSON.stringify(told))
