import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { parseIP, TCPAddr } from '@net/addr'
import { OpError } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { getOption, hosted, listenTCPSync, posix, tcpInfo } from '../src/index.ts'
import { Connected, loopback, pattern, readAll } from './connected.ts'
import { missing, python } from './peer.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const noPython = missing('python3', '--version')
const IPPROTO_MPTCP = 262

function missingMultipath(): string {
  try {
    const on = readFileSync('/proc/sys/net/mptcp/enabled', 'utf8').trim() === '1'
    return on ? '' : 'net.mptcp.enabled is 0'
  } catch {
    return 'the kernel has no multipath TCP'
  }
}

const none = missingMultipath()

test.skipIf(none !== '')(`multipathTCP on both ends makes a connection of it ${none}`, async () => {
  for (const ip of ['127.0.0.1', '::1']) {
    const listener = listenTCPSync('tcp', new TCPAddr(parseIP(ip), 0), { multipathTCP: true })
    expect(getOption(listener, 'SO_PROTOCOL')).toBe(IPPROTO_MPTCP)
    const dialled = posix().dialTCP('tcp', null, listener.addr, { multipathTCP: true })
    const [c, s] = await Promise.all([dialled, listener.accept()])
    expect([c.multipathTCP(), s.multipathTCP()]).toEqual([true, true])
    expect(getOption(c, 'SO_PROTOCOL')).toBe(IPPROTO_MPTCP)
    expect([getOption(c, 'TCP_NODELAY'), getOption(s, 'TCP_NODELAY')]).toEqual([true, true])
    expect(getOption(c, 'SO_KEEPALIVE')).toBe(true)
    expect(c.remoteAddr.toString()).toBe(listener.addr.toString())
    const data = pattern(2_000_000)
    const received = readAll(s)
    await c.writev([data.subarray(0, 1_000_000), data.subarray(1_000_000)])
    await c.closeWrite()
    expect(Buffer.compare(await received, data)).toBe(0)
    expect(tcpInfo(c).rttMicroseconds).toBeGreaterThan(0)
    for (const x of [listener, c, s]) await x.close()
  }
})

test.skipIf(none !== '')(`sendFile() relays multipath TCP ${none}`, async () => {
  await using left = await Connected.dial({ multipathTCP: true }, { multipathTCP: true })
  await using right = await Connected.dial()
  const data = pattern(1_000_000)
  const relayed = right.c.sendFile(left.s)
  const received = readAll(right.s)
  await left.c.write(data)
  await left.c.closeWrite()
  expect(await relayed).toBe(data.byteLength)
  await right.c.closeWrite()
  expect(Buffer.compare(await received, data)).toBe(0)
})

test('multipathTCP on one end falls back to TCP', async () => {
  {
    await using pair = await Connected.dial({ multipathTCP: true })
    expect([pair.c.multipathTCP(), pair.s.multipathTCP()]).toEqual([false, false])
  }
  await using pair = await Connected.dial({}, { multipathTCP: true })
  expect([pair.c.multipathTCP(), pair.s.multipathTCP()]).toEqual([false, false])
  await pair.c.write(Uint8Array.of(1))
  expect(await pair.s.read(new Uint8Array(2))).toBe(1)
})

test('a plain connection is none, on the kernel and on the host', async () => {
  await using pair = await Connected.dial()
  expect(pair.c.multipathTCP()).toBe(false)
  const host = await hosted().listenTCP('tcp', loopback, { multipathTCP: true })
  const dialled = hosted().dialTCP('tcp', null, host.addr, { multipathTCP: true })
  const [c, s] = await Promise.all([dialled, host.accept()])
  expect([c.multipathTCP(), s.multipathTCP()]).toEqual([false, false])
  for (const x of [host, c, s]) await x.close()
  await pair.c.close()
  expect(() => pair.c.multipathTCP()).toThrow('use of closed network connection')
})

test('the errors of a multipath dial are those of TCP', async () => {
  const free = listenTCPSync('tcp', loopback)
  await free.close()
  const e: unknown = await posix()
    .dialTCP('tcp', null, free.addr, { multipathTCP: true })
    .catch((e: unknown) => e)
  expect((e as OpError).message).toBe(`dial tcp ${free.addr.toString()}: connect: connection refused`)
  const reason = new Error('mine')
  const signal = AbortSignal.abort(reason)
  await expect(posix().dialTCP('tcp', null, free.addr, { multipathTCP: true, signal })).rejects.toBe(reason)
  const taken = listenTCPSync('tcp', loopback)
  expect(() => listenTCPSync('tcp', taken.addr, { multipathTCP: true })).toThrow(
    /bind: address already in use$/,
  )
  await taken.close()
})

const skip = none || noPython

test.skipIf(skip !== '')(`a Python server of multipath TCP is spoken to with it ${skip}`, async () => {
  const peer = python(`
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, ${IPPROTO_MPTCP})
s.bind(('127.0.0.1', 0)); s.listen()
print(s.getsockname()[1], flush=True)
c, _ = s.accept()
info = c.getsockopt(284, 1, 64)
c.sendall(c.recv(64).upper())
print(len(info) > 0)`)
  const addr = new TCPAddr(parseIP('127.0.0.1'), Number(await peer.line()))
  const c = await posix().dialTCP('tcp', null, addr, { multipathTCP: true })
  expect(c.multipathTCP()).toBe(true)
  await c.write(Buffer.from('hello'))
  expect((await readAll(c)).toString()).toBe('HELLO')
  expect(await peer.line()).toBe('True')
  expect(await peer.ended()).toBe(0)
  await c.close()
})
