// Packets from many senders on one socket, and a socket with one peer: node udp.mjs
import { dial, listenPacket } from '@net/core'

const text = new TextDecoder()
const bytes = new TextEncoder()

const server = await listenPacket('udp', '127.0.0.1:0')
const answering = (async () => {
  for await (const [packet, from] of server) {
    await server.writeTo(bytes.encode(text.decode(packet).toUpperCase()), from)
  }
})()

const client = await dial('udp', server.localAddr.toString())
client.setReadTimeout(5000) // a packet may get lost: do not wait for ever
const buffer = new Uint8Array(1500)
for (const word of ['one', 'two', 'three']) {
  await client.write(bytes.encode(word))
  const n = await client.read(buffer)
  console.log(`${word} -> ${text.decode(buffer.subarray(0, n))}`)
}

await client.close()
await server.close() // ends the loop above
await answering
