import assert from 'node:assert/strict'
import { IPAddr, parseIP, TCPAddr } from '@net/addr'
import { hosted, posix, posixRefusal, windowsIPRawSockGroup } from '@net/posix'

for (const target of posixRefusal() === null ? [posix(), hosted()] : [hosted()]) {
  const listener = await target.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
  const accepted = listener.accept()
  const client = await target.dialTCP('tcp', null, listener.addr)
  const server = await accepted
  await client.write(new TextEncoder().encode('hello'))
  await client.closeWrite()
  const buffer = new Uint8Array(16)
  assert.equal(await server.read(buffer), 5, target.name)
  assert.equal(new TextDecoder().decode(buffer.subarray(0, 5)), 'hello')
  assert.equal(await server.read(buffer), null)
  await Promise.all([client.close(), server.close(), listener.close()])
  await assert.rejects(target.dialTCP('tcp', null, listener.addr), { code: 'ECONNREFUSED' })
}

const loopback = new IPAddr(parseIP('127.0.0.1'))
const raw = windowsIPRawSockGroup.dialIP('ip4:icmp', null, loopback)
if (process.platform !== 'win32') {
  await assert.rejects(raw, { code: 'EWINDOWS' })
} else {
  const conn = await raw
  const request = Uint8Array.of(8, 0, 0xf7, 0xfb, 0, 1, 0, 3) // an echo request: type, code, checksum, identifier, sequence
  assert.equal(await conn.write(request), request.byteLength)
  const answer = new Uint8Array(64)
  // The raw socket sees the request on the loopback, too.
  while ((await conn.read(answer)) === 8 && answer[0] === 8);
  assert.deepEqual(answer.subarray(0, 8), Uint8Array.of(0, 0, 0xff, 0xfb, 0, 1, 0, 3))
  const pending = assert.rejects(conn.read(answer), { message: /use of closed network connection/ })
  await conn.close()
  await pending
}
