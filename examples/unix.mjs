// A Unix socket, with its end of stream: node unix.mjs
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dial, listen } from '@net/core'

const dir = await mkdtemp(join(tmpdir(), 'net-example-'))
const listener = await listen('unix', join(dir, 'socket'))

const accepted = listener.accept()
const client = await dial('unix', listener.addr.name)
const server = await accepted

await client.write(new TextEncoder().encode('all I have to say'))
await client.closeWrite() // the server reads to the end, and can still answer

let said = ''
for await (const chunk of server.readable) said += new TextDecoder().decode(chunk)
console.log(`the client said: ${said}`)

await server.write(new TextEncoder().encode('understood'))
await server.close()
const answer = new Uint8Array(64)
const n = await client.read(answer)
console.log(`the server said: ${new TextDecoder().decode(answer.subarray(0, n ?? 0))}`)

await client.close()
await listener.close() // removes the socket's file
await rm(dir, { recursive: true })
