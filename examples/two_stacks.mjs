// Two stacks side by side in one program, here the kernel's sockets and the host's: node two_stacks.mjs
import { Net } from '@net/core'
import { hosted, posix } from '@net/posix'

const kernel = new Net(posix())
const host = new Net(hosted())

const listener = await host.listen('tcp', '127.0.0.1:0')
const accepted = listener.accept()
const client = await kernel.dial('tcp', listener.addr.toString())
const server = await accepted

await client.write(new TextEncoder().encode(`from ${kernel.target.name} to ${host.target.name}`))
const buffer = new Uint8Array(64)
const n = await server.read(buffer)
console.log(new TextDecoder().decode(buffer.subarray(0, n ?? 0)))

await Promise.all([client.close(), server.close(), listener.close()])
