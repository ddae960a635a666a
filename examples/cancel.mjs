// Giving up on one operation: by a signal and by a deadline. The connection goes on. node cancel.mjs
import { dial, listen } from '@net/core'

const listener = await listen('tcp', '127.0.0.1:0')
const accepted = listener.accept()
const client = await dial('tcp', listener.addr.toString(), { timeout: 5000 })
const server = await accepted
const buffer = new Uint8Array(64)

const controller = new AbortController()
const reading = client.read(buffer, { signal: controller.signal })
controller.abort(new Error('changed my mind'))
await reading.catch((e) => console.log(`signal: ${e.message}`))

client.setReadDeadline(Date.now() + 20)
await client.read(buffer).catch((e) => console.log(`deadline: timeout is ${e.timeout}`))
client.setReadDeadline(null)

await server.write(new TextEncoder().encode('still here'))
const n = await client.read(buffer)
console.log(new TextDecoder().decode(buffer.subarray(0, n ?? 0)))

await Promise.all([client.close(), server.close(), listener.close()])
