import { parseIP, TCPAddr } from '@net/addr'
import { isTurnOver } from '@net/io'
import { expect, test } from 'vitest'
import { listenTCPSync, posix } from '../src/index.ts'

test('TCPConn.write() that first waits for the loop to turn, and then for room, goes on when there is room', async () => {
  const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
  const [near, far] = await Promise.all([posix().dialTCP('tcp', null, listener.addr), listener.accept()])
  const bytes = 16 << 20
  while (!isTurnOver());
  const writing = far.write(new Uint8Array(bytes))
  const p = new Uint8Array(65536)
  let read = 0
  while (read < bytes) read += (await near.read(p)) ?? Infinity
  expect(read).toBe(bytes)
  expect(await writing).toBe(bytes)
  await Promise.all([near.close(), far.close(), listener.close()])
})
