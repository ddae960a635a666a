import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseIP, TCPAddr, UnixAddr } from '@net/addr'
import { ErrClosed, isErr, type TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import {
  atUrgentMark,
  getOption,
  hosted,
  listenTCPSync,
  posix,
  readUrgent,
  setOption,
  tcpInfo,
  writeUrgent,
} from '../src/index.ts'
import { streamFD } from '../src/fd/conn.ts'
import { Connected, loopback, pattern, readAll } from './connected.ts'
import { missing, python } from './peer.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const noPython = missing('python3', '--version')
const bang = '!'.charCodeAt(0)

test.skipIf(noPython !== '')(
  `a Python peer gets urgent bytes beside the stream, or in it with a mark ${noPython}`,
  async () => {
    const listener = listenTCPSync('tcp', loopback)
    const peer = python(`
import socket, select, fcntl, struct
def connect():
    return socket.create_connection(('127.0.0.1', ${listener.addr.port}))
s = connect()
select.select([], [], [s])
print(s.recv(1, socket.MSG_OOB).decode())
s.sendall(b'.')
print(s.makefile('rb').read().decode())
s.close()
s = connect()
s.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
s.sendall(b'.')
before = s.recv(64, socket.MSG_WAITALL)
mark, = struct.unpack('i', fcntl.ioctl(s, 0x8905, bytes(4)))  # SIOCATMARK
print(before.decode(), mark, s.makefile('rb').read().decode())
s.close()`)
    const c = await listener.accept()
    expect(await writeUrgent(c, Buffer.from('abc!'))).toBe(4)
    expect(await peer.line()).toBe('!')
    expect(await c.read(new Uint8Array(1))).toBe(1)
    await c.write(Buffer.from('def'))
    await c.closeWrite()
    expect(await peer.line()).toBe('abcdef')
    await c.close()
    const inline = await listener.accept()
    expect(await inline.read(new Uint8Array(1))).toBe(1)
    await writeUrgent(inline, Buffer.from('abc!'))
    await inline.write(Buffer.from('def'))
    await inline.closeWrite()
    expect(await peer.line()).toBe('abc 1 !def')
    expect(await peer.ended()).toBe(0)
    await inline.close()
    await listener.close()
  },
)

test.skipIf(noPython !== '')(
  `readUrgent() takes the urgent bytes of a Python peer before the stream that precedes them ${noPython}`,
  async () => {
    const listener = listenTCPSync('tcp', loopback)
    const peer = python(`
import socket
s = socket.create_connection(('127.0.0.1', ${listener.addr.port}))
for c in b'!?':
    s.sendall(b'x' * 10000)
    s.send(bytes([c]), socket.MSG_OOB)
    s.sendall(b'y')
    s.recv(1)
s.close()`)
    const c = await listener.accept()
    expect(await readUrgent(c)).toBe(bang)
    expect(atUrgentMark(c)).toBe(false)
    const p = new Uint8Array(6000)
    let n = 0
    // No read goes over the mark.
    while (!atUrgentMark(c)) n += (await c.read(p)) ?? NaN
    expect(n).toBe(10_000)
    expect(await c.read(p)).toBe(1)
    expect(String.fromCharCode(p[0] ?? 0)).toBe('y')
    expect(atUrgentMark(c)).toBe(false)
    await c.write(Uint8Array.of(1))
    expect(await readUrgent(c)).toBe('?'.charCodeAt(0))
    const end = readUrgent(c)
    await c.write(Uint8Array.of(1))
    expect(await end).toBeNull()
    expect((await readAll(c)).byteLength).toBe(10_001)
    expect(await peer.ended()).toBe(0)
    await c.close()
    await listener.close()
  },
)

test('urgent bytes that are read in line stand behind the mark', async () => {
  await using pair = await Connected.dial()
  const { c, s } = pair
  setOption(s, 'SO_OOBINLINE', true)
  const p = new Uint8Array(64)
  let sent = 0
  for (const word of ['one!', 'two!', '!']) {
    await writeUrgent(c, Buffer.from(word))
    await c.write(Buffer.from('rest'))
    sent += word.length + 4
    await expect.poll(() => tcpInfo(s).bytesReceived).toBe(sent)
    let before = ''
    while (!(atUrgentMark(s) && before.length === word.length - 1)) {
      before += Buffer.from(p.subarray(0, (await s.read(p)) ?? NaN)).toString()
    }
    expect(before).toBe(word.slice(0, -1))
    let behind = ''
    while (behind.length < 5) behind += Buffer.from(p.subarray(0, (await s.read(p)) ?? NaN)).toString()
    expect(behind).toBe('!rest')
    expect(atUrgentMark(s)).toBe(false)
  }
})

test('writeUrgent() keeps its turn among writes that wait for room', async () => {
  await using pair = await Connected.dial()
  const { c, s } = pair
  const before = pattern(8_000_000)
  const writes = [c.write(before), writeUrgent(c, pattern(3_000_001)), c.write(Uint8Array.of(7))]
  const [received] = await Promise.all([
    readAll(s),
    Promise.all(writes).then(async (n) => {
      expect(n).toEqual([8_000_000, 3_000_001, 1])
      await c.closeWrite()
    }),
  ])
  expect(received.byteLength).toBe(11_000_001) // without the urgent byte
  expect(received.subarray(0, 8_000_000).equals(before)).toBe(true)
  expect(received.subarray(8_000_000, 11_000_000).equals(pattern(3_000_001).subarray(0, 3_000_000))).toBe(
    true,
  )
  expect(received[11_000_000]).toBe(7)
})

test('writeUrgent() that runs out of time tells the bytes that went, and none of them was urgent', async () => {
  await using pair = await Connected.dial()
  const { c, s } = pair
  const bytes = new Uint8Array(20_000_000)
  c.setWriteDeadline(Date.now() + 50)
  const e = await writeUrgent(c, bytes).catch((e: unknown) => e)
  const { n = NaN } = e as { n?: number }
  expect(e).toMatchObject({ op: 'write', timeout: true })
  c.setWriteDeadline(null)
  await c.closeWrite()
  expect((await readAll(s)).byteLength).toBe(n)
  expect(await readUrgent(s)).toBeNull()
})

test('readUrgent() waits beside reads, one after the other, and ends by signal and close', async () => {
  await using pair = await Connected.dial()
  const { c, s } = pair
  const read = s.read(new Uint8Array(8))
  const [first, second] = [readUrgent(s), readUrgent(s)]
  await writeUrgent(c, Uint8Array.of(1))
  expect(await first).toBe(1)
  await writeUrgent(c, Uint8Array.of(2))
  expect(await second).toBe(2)
  await c.write(Uint8Array.of(3))
  expect(await read).toBe(1)
  const abort = new AbortController()
  const aborted = readUrgent(s, { signal: abort.signal })
  const reason = new Error('enough')
  abort.abort(reason)
  await expect(aborted).rejects.toBe(reason)
  const pending = readUrgent(s)
  await s.close()
  await expect(pending).rejects.toThrow(/^read tcp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: use of closed network/)
  await expect(readUrgent(s)).rejects.toSatisfy((e) => isErr(e, ErrClosed))
  await expect(writeUrgent(s, Uint8Array.of(1))).rejects.toSatisfy((e) => isErr(e, ErrClosed))
  expect(() => atUrgentMark(s)).toThrow(/^get tcp 127\.0\.0\.1:\d+: use of closed network connection$/)
})

test('a read does not take the byte from a readUrgent() that waits, whether it comes first or the poller looks again', async () => {
  await using pair = await Connected.dial()
  const { c, s } = pair
  const p = new Uint8Array(8)
  const first = readUrgent(s)
  const written = writeUrgent(c, Uint8Array.of(1)) // it is there when the call returns
  const read = s.read(p)
  expect(await first).toBe(1)
  const second = readUrgent(s)
  await written
  await writeUrgent(c, Uint8Array.of(2))
  expect(streamFD(s)?.tryRead()).toBe(false)
  expect(await second).toBe(2)
  await c.write(Uint8Array.of(3))
  expect(await read).toBe(1)
  expect(p[0]).toBe(3)
})

test('readUrgent() is null when the peer has reset, whose error the reads tell', async () => {
  await using pair = await Connected.dial()
  const pending = readUrgent(pair.c)
  pair.s.setLinger(0)
  await pair.s.close()
  expect(await pending).toBeNull()
  await expect(pair.c.read(new Uint8Array(1))).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('an urgent byte that was not taken is lost to its reader when the next one comes', async () => {
  await using pair = await Connected.dial()
  const { c, s } = pair
  await writeUrgent(c, Buffer.from('a1'))
  await writeUrgent(c, Buffer.from('b2'))
  await c.closeWrite()
  await expect.poll(() => tcpInfo(s).state).toBe('close-wait')
  const rest = await readAll(s)
  // The older one went on in the stream.
  expect(rest.toString()).toBe('a1b')
})

test('what is not a TCP connection of the kernel refuses urgent data with its target’s error', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'net-urgent-'))
  const host = await hosted().listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
  const unix = await posix().listenUnix('unix', new UnixAddr(join(dir, 's'), 'unix'))
  const conns = await Promise.all([
    hosted().dialTCP('tcp', null, host.addr),
    host.accept(),
    posix().dialUnix('unix', null, unix.addr),
    unix.accept(),
  ])
  const refusals = [
    [conns[0], 'EWINDOWS', 'tcp', 'not supported by windows'],
    [conns[2], 'ENOTSUP', 'unix', 'operation not supported'],
  ] as const
  for (const [conn, code, net, text] of refusals) {
    const c = conn as TCPConn
    const message = new RegExp(`^[a-z]+ ${net} .*: ${text}$`)
    await expect(writeUrgent(c, Uint8Array.of(1))).rejects.toMatchObject({ code, op: 'write' })
    await expect(readUrgent(c)).rejects.toMatchObject({ code, op: 'read' })
    await expect(readUrgent(c)).rejects.toThrow(message)
    expect(() => atUrgentMark(c)).toThrow(message)
  }
  for (const x of [...conns, host, unix]) await x.close()
  rmSync(dir, { recursive: true })
})

test('multipath TCP has no urgent data: ENOTSUP, where the kernel would send plain bytes', async () => {
  const multipath = { multipathTCP: true }
  await using pair = await Connected.dial(multipath, multipath)
  const { c, s } = pair
  const IPPROTO_MPTCP = 262
  if (getOption(c, 'SO_PROTOCOL') !== IPPROTO_MPTCP) {
    // Without multipath TCP the connection is one of TCP.
    await writeUrgent(c, Uint8Array.of(1))
    expect(await readUrgent(s)).toBe(1)
    return
  }
  await expect(writeUrgent(c, Uint8Array.of(1))).rejects.toMatchObject({ code: 'ENOTSUP', op: 'write' })
  await expect(readUrgent(s)).rejects.toMatchObject({ code: 'ENOTSUP', op: 'read' })
  await c.write(Uint8Array.of(2))
  expect(await s.read(new Uint8Array(8))).toBe(1)
})

test('writeUrgent() of no bytes writes nothing, of what is no buffer is a TypeError', async () => {
  await using pair = await Connected.dial()
  expect(await writeUrgent(pair.c, new Uint8Array())).toBe(0)
  await expect(writeUrgent(pair.c, 'x' as never)).rejects.toThrow(TypeError)
})
