import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
import type { TCPConn } from '@net/contract'
import { expect, test } from 'vitest'
import { posix } from '../src/index.ts'

const target = posix()
const loopback = parseIP('127.0.0.1')

async function reset(): Promise<TCPConn> {
  await using listener = await target.listenTCP('tcp', new TCPAddr(loopback, 0))
  const accepted = listener.accept()
  const conn = await target.dialTCP('tcp', null, listener.addr)
  const peer = await accepted
  peer.setLinger(0)
  await peer.close()
  return conn
}

test('TCPConn.read() tells of a reset that came before it', async () => {
  await using conn = await reset()
  await expect(conn.read(new Uint8Array(1))).rejects.toMatchObject({ op: 'read', code: 'ECONNRESET' })
  await expect(conn.read(new Uint8Array(1))).resolves.toBe(null)
})

test('TCPConn.write() tells of a reset that came before it', async () => {
  await using conn = await reset()
  await expect(conn.write(new Uint8Array(1))).rejects.toMatchObject({ op: 'write', code: 'ECONNRESET', n: 0 })
  await expect(conn.write(new Uint8Array(1))).rejects.toMatchObject({ op: 'write', code: 'EPIPE', n: 0 })
})

test('UDPConn.read() tells of a refusal that came before it', async () => {
  await using gone = await target.listenUDP('udp', new UDPAddr(loopback, 0))
  await gone.close()
  await using conn = await target.dialUDP('udp', null, gone.addr)
  await conn.write(new Uint8Array(1))
  await expect(conn.read(new Uint8Array(1))).rejects.toMatchObject({ op: 'read', code: 'ECONNREFUSED' })
})
