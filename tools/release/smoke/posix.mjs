import assert from 'node:assert/strict'
import { parseIP, TCPAddr } from '@net/addr'
import { hosted, posix, posixRefusal } from '@net/posix'

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
