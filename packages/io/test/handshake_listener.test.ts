import { expect, test } from 'vitest'
import { HandshakeListener } from '../src/index.ts'
import type { MemoryConn } from './memory/conn.ts'
import { MemoryListener } from './memory/listener.ts'

test('HandshakeListener.close() hangs up on handshakes under way, and on who came while it closed', async () => {
  const below = new MemoryListener()
  const begun: MemoryConn[] = []
  const listener = new HandshakeListener(below, (conn: MemoryConn) => {
    begun.push(conn)
    return conn.read(new Uint8Array(1)).then(() => conn)
  })
  const early = await below.dial()
  await expect.poll(() => begun.length).toBe(1)
  const dialling = below.dial() // whom the listener below has given when this one is closed, and nobody has looked at
  await listener.close()
  const late = await dialling
  expect(begun.length).toBe(1)
  expect(await Promise.all([early, late].map((conn) => conn.read(new Uint8Array(1))))).toEqual([null, null])
})
