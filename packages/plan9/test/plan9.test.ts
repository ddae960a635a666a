import { afterEach, expect, test } from 'vitest'
import { AddrError, IPAddr, parseIP, TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import { OpError } from '@net/contract'
import { socketDisableIPv6 } from '@net/io'
import { embeddedNet } from '@net/netfs'
import { hosted, posix } from '@net/posix'
import { parsePlan9DialString, plan9 } from '../src/index.ts'
import { ScriptedNet } from './scripted_net.ts'

const loopback = parseIP('127.0.0.1')
const target = plan9({ net: embeddedNet(posix()) })

afterEach(() => {
  socketDisableIPv6(false)
})

async function code(work: Promise<unknown>): Promise<string | undefined> {
  const e = await work.then(
    () => null,
    (error: unknown) => error,
  )
  expect(e).toBeInstanceOf(OpError)
  return (e as OpError).code
}

test('what Plan 9 does not have is refused with EPLAN9', async () => {
  const unix = new UnixAddr('/nowhere', 'unix')
  const group = new UDPAddr(parseIP('224.0.0.251'), 5353)
  for (const call of [
    () => target.dialIP('ip4:icmp', null, new IPAddr(loopback)),
    () => target.listenIP('ip4:icmp', null),
    () => target.dialUnix('unix', null, unix),
    () => target.listenUnix('unix', unix),
    () => target.listenUnixgram('unixgram', unix),
    () => target.fileConn({ fd: 0 }),
    () => target.listenMulticastUDP('udp', null, group),
    () => target.listenUDP('udp', group),
    () => target.dialTCP('tcp', null, new TCPAddr(loopback, 9), { control: () => {} }),
  ])
    expect(await code(call())).toBe('EPLAN9')
})

test('what a conversation can’t be told throws EPLAN9, and closeWrite() rejects with it', async () => {
  await using listener = await target.listenTCP('tcp', new TCPAddr(loopback, 0))
  await using c = await target.dialTCP('tcp', null, listener.addr)
  const refused = expect.objectContaining({ code: 'EPLAN9' }) as Error
  expect(await code(c.closeWrite())).toBe('EPLAN9')
  expect(await code(c.file())).toBe('EPLAN9')
  for (const call of [
    () => c.setNoDelay(false),
    () => c.setReadBuffer(1),
    () => c.setWriteBuffer(1),
    () => c.setKeepAlive(false),
    () => c.syscallConn(),
  ])
    expect(call).toThrow(refused)
  c.setNoDelay()
  expect(c.multipathTCP()).toBe(false)
  await using u = await target.listenUDP('udp', new UDPAddr(loopback, 0))
  for (const call of [() => u.bindToDevice('lo'), () => u.setMulticastTTL(1), () => u.setErrorQueue(true)])
    expect(call).toThrow(refused)
})

test('writev() and sendFile() send in order', async () => {
  await using listener = await target.listenTCP('tcp', new TCPAddr(loopback, 0))
  await using c = await target.dialTCP('tcp', null, listener.addr)
  await using s = await listener.accept()
  expect(await c.writev([Buffer.from('ab'), new Uint8Array(), Buffer.from('c')])).toBe(3)
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('de')
    yield Buffer.from('f')
  }
  expect(await c.sendFile(chunks())).toBe(3)
  let got = ''
  const p = new Uint8Array(8)
  while (got.length < 6) got += Buffer.from(p.subarray(0, (await s.read(p)) ?? 0)).toString()
  expect(got).toBe('abcdef')
})

test('readMsgUDP(), readBatch() and writeBatch() carry packets', async () => {
  await using a = await target.listenUDP('udp4', new UDPAddr(loopback, 0))
  await using b = await target.listenUDP('udp4', new UDPAddr(loopback, 0))
  const messages = ['one', 'two'].map((s) => ({ buffer: Buffer.from(s), n: 0, addr: b.localAddr }))
  expect(await a.writeBatch(messages)).toBe(2)
  const { n, addr } = await b.readMsgUDP(new Uint8Array(8), new Uint8Array(8))
  expect([n, String(addr)]).toEqual([3, String(a.localAddr)])
  const into = [1, 2].map(() => ({ buffer: new Uint8Array(8), n: 0, addr: null }))
  expect(await b.readBatch(into)).toBe(1)
  expect(Buffer.from(into[0]?.buffer.subarray(0, 3) ?? []).toString()).toBe('two')
})

test('with socketDisableIPv6() IPv6 sockets fail with EAFNOSUPPORT, on kernel and hosted sockets too', async () => {
  socketDisableIPv6(true)
  for (const t of [target, posix(), hosted()]) {
    expect(await code(t.dialTCP('tcp6', null, new TCPAddr(parseIP('::1'), 9)))).toBe('EAFNOSUPPORT')
    const e = await t.listenUDP('udp6', null).catch((error: unknown) => error as Error)
    expect((e as Error).message).toMatch(/: address family not supported by protocol$/)
  }
  expect(target.supportsIPv6()).toBe(false)
  socketDisableIPv6(false)
  expect(target.supportsIPv6()).toBe(true)
  await (await target.listenTCP('tcp6', new TCPAddr(parseIP('::1'), 0))).close()
})

test('parseDialString() reads Plan 9’s addresses', () => {
  expect(parsePlan9DialString('tcp!10.0.0.1!17007')).toEqual({ network: 'tcp', address: '10.0.0.1:17007' })
  expect(parsePlan9DialString('tcp!::1!564')).toEqual({ network: 'tcp', address: '[::1]:564' })
  expect(parsePlan9DialString('net!host.example')).toEqual({ network: 'tcp', address: 'host.example:564' })
  expect(parsePlan9DialString('unix!/run/net!1')).toEqual({ network: 'unix', address: '/run/net!1' })
  expect(parsePlan9DialString('/net')).toBeNull()
})

test('plan9() of a server’s address needs a dial', () => {
  expect(() => plan9({ net: 'tcp!host!564' })).toThrow(TypeError)
})

test('arguments of the wrong kind are TypeErrors', async () => {
  const wrong = 3 as unknown as string
  for (const call of [
    () => target.lookupHost(wrong),
    () => target.lookupIP(wrong, 'localhost'),
    () => target.lookupIP('ip', wrong),
    () => target.lookupIPAddr(wrong),
    () => target.lookupPort(wrong, 'http'),
    () => target.lookupPort('tcp', wrong),
    () => target.lookupCNAME(wrong),
    () => target.lookupSRV(wrong, 'tcp', 'a.example'),
    () => target.lookupSRV('x', wrong, 'a.example'),
    () => target.lookupSRV('x', 'tcp', wrong),
    () => target.lookupMX(wrong),
    () => target.lookupNS(wrong),
    () => target.lookupTXT(wrong),
    () => target.lookupAddr(wrong),
    () => target.lookupProtocol(wrong),
  ])
    await expect(call()).rejects.toThrow(new TypeError('a name is a string, not number'))
  const addr = '127.0.0.1:80' as unknown as TCPAddr
  for (const call of [
    () => target.dialTCP('tcp', null, addr),
    () => target.dialTCP('tcp', addr, new TCPAddr(loopback, 9)),
    () => target.listenTCP('tcp', addr),
  ])
    await expect(call()).rejects.toThrow(new TypeError('the address is not a TCPAddr'))
  const tcp = new TCPAddr(loopback, 9) as unknown as UDPAddr
  for (const call of [() => target.dialUDP('udp', null, tcp), () => target.listenUDP('udp', tcp)])
    await expect(call()).rejects.toThrow(new TypeError('the address is not a UDPAddr'))
  await using u = await target.listenUDP('udp', new UDPAddr(loopback, 0))
  const messages = [{ buffer: 'text' as unknown as Uint8Array, n: 0, addr: null }]
  for (const call of [() => u.readBatch(messages), () => u.writeBatch(messages)])
    await expect(call()).rejects.toThrow(new TypeError('messages[0].buffer is not a Uint8Array'))
})

test('lookupProtocol() of an unknown name is an AddrError, as on other targets, and what a tree says a DNSError', async () => {
  for (const t of [target, posix()])
    await expect(t.lookupProtocol('nosuch')).rejects.toThrow(
      new AddrError('unknown IP protocol specified', 'nosuch'),
    )
  const broken = plan9({ net: new ScriptedNet({}) })
  await expect(broken.lookupProtocol('icmp')).rejects.toMatchObject({
    message: 'lookup icmp: file does not exist',
    err: 'file does not exist',
  })
})

test.each([
  ['tcp4', '::1', 'non-IPv4 address'],
  ['tcp4', '::', 'non-IPv4 address'],
  ['tcp6', '127.0.0.1', 'non-IPv6 address'],
] as const)('an address of this end for %s can’t be %s', async (network, local, said) => {
  const remote = new TCPAddr(parseIP(network === 'tcp4' ? '127.0.0.1' : '::1'), 9)
  const addr = new TCPAddr(parseIP(local), 0)
  const e = new AddrError(said, local)
  await expect(target.dialTCP(network, addr, remote)).rejects.toMatchObject({ op: 'dial', cause: e })
  await expect(target.listenTCP(network, addr)).rejects.toMatchObject({ op: 'listen', cause: e })
})

test('a datagram may be as long as its family has room for', async () => {
  for (const [network, host, most] of [
    ['udp4', '127.0.0.1', 65_507],
    ['udp6', '::1', 65_527],
  ] as const) {
    await using u = await target.listenUDP(network, new UDPAddr(parseIP(host), 0))
    await using c = await target.dialUDP(network, null, u.localAddr)
    expect(await u.writeTo(new Uint8Array(most), u.localAddr)).toBe(most)
    expect(await c.write(new Uint8Array(most))).toBe(most)
    expect(await code(u.writeTo(new Uint8Array(most + 1), u.localAddr))).toBe('EMSGSIZE')
    expect(await code(c.write(new Uint8Array(most + 1)))).toBe('EMSGSIZE')
  }
})

test('what can’t be told of a port is refused', async () => {
  for (const options of [{ reusePort: true }, { reuseAddress: true }, { reuseAddress: false }]) {
    expect(await code(target.listenTCP('tcp', new TCPAddr(loopback, 0), options))).toBe('EPLAN9')
    expect(await code(target.listenUDP('udp', new UDPAddr(loopback, 0), options))).toBe('EPLAN9')
  }
})
