import assert from 'node:assert/strict'
import { FlagLoopback, FlagUp } from '@net/contract'
import { defaultNet, dial, interfaceByIndex, interfaces, listen, listenPacket, Net, pipe } from '@net/core'
import { dialNet, listenExport, plan9 } from '@net/core/plan9'
import { connect } from '@net/core/web'

const hello = new TextEncoder().encode('hello')
const buffer = new Uint8Array(16)

const listener = await listen('tcp', '127.0.0.1:0')
const accepted = listener.accept()
const client = await dial('tcp', listener.addr.toString())
const server = await accepted
await client.write(hello)
assert.equal(await server.read(buffer), 5)
const socket = connect(listener.addr.toString())
const webServer = await listener.accept()
await socket.writable.getWriter().write(hello)
assert.equal(await webServer.read(buffer), 5)
await webServer.close()
assert.deepEqual(await socket.readable.getReader().read(), { value: undefined, done: true })
await socket.closed
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

if (defaultNet().target.name === 'hosted') {
  // The host's sockets tell neither the number nor the MTU of an interface.
  await assert.rejects(interfaces(), { message: 'route ip+net: not supported by windows' })
} else {
  const [loopback] = (await interfaces()).filter(({ flags }) => flags.has(FlagLoopback | FlagUp))
  if (loopback === undefined) throw new assert.AssertionError({ message: 'no loopback is up' })
  assert.ok((await loopback.addrs()).map(String).includes('127.0.0.1/8'))
  assert.equal((await interfaceByIndex(loopback.index)).name, loopback.name)
}

const [left, right] = pipe()
const written = left.write(hello)
assert.equal(await right.read(buffer), 5)
assert.equal(await written, 5)
await left.close()
assert.equal(await right.read(buffer), null)
await right.close()

// The same through a /net that is exported, in the working directory, which is a folder of this run's own.
if (process.platform === 'win32') {
  // A pipe of Windows has no file whose permissions could keep anybody out.
  await assert.rejects(listenExport(defaultNet().target, 'unix!net.sock'), TypeError)
} else {
  const { net: exported } = await listenExport(defaultNet().target, 'unix!net.sock')
  const tree = await dialNet('unix!net.sock')
  const far = new Net(plan9({ net: tree }))
  const farListener = await far.listen('tcp', '127.0.0.1:0')
  const [near, other] = await Promise.all([dial('tcp', farListener.addr.toString()), farListener.accept()])
  await near.write(hello)
  assert.equal(await other.read(buffer), 5)
  await Promise.all([near.close(), other.close(), farListener.close()])
  await tree.close()
  await exported.close()
}
