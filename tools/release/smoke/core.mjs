import assert from 'node:assert/strict'
import { dial, listen, listenPacket, pipe } from '@net/core'

const hello = new TextEncoder().encode('hello')
const buffer = new Uint8Array(16)

const listener = await listen('tcp', '127.0.0.1:0')
const accepted = listener.accept()
const client = await dial('tcp', listener.addr.toString())
const server = await accepted
await client.write(hello)
assert.equal(await server.read(buffer), 5)
await Promise.all([client.close(), server.close(), listener.close()])
await assert.rejects(dial('tcp', listener.addr.toString()), {
  message: `dial tcp ${listener.addr}: connect: connection refused`,
})

const receiver = await listenPacket('udp', '127.0.0.1:0')
const sender = await dial('udp', receiver.localAddr.toString())
await sender.write(hello)
const [n, from] = await receiver.readFrom(buffer)
assert.equal(n, 5)
assert.equal(String(from), String(sender.localAddr))
await Promise.all([sender.close(), receiver.close()])

const [left, right] = pipe()
const written = left.write(hello)
assert.equal(await right.read(buffer), 5)
assert.equal(await written, 5)
await left.close()
assert.equal(await right.read(buffer), null)
await right.close()
