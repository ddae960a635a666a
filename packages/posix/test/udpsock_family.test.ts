import { afterAll, expect, test } from 'vitest'
import { IP, parseIP, UDPAddr } from '@net/addr'
import type { Message, UDPConn, UDPNetwork } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, listenUDPSync, udpSockGroup } from '../src/index.ts'

// Addresses of both families on sockets of one and of both, as Go's tests of udpSockGroup have them.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const v4 = IP.from([127, 0, 0, 1])
const mapped = IP.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1])
const v6 = parseIP('::1')
const none = new Uint8Array()

function listen(network: UDPNetwork, ip: IP | null): UDPConn {
  return listenUDPSync(network, new UDPAddr(ip, 0))
}

test('what a socket reads from IPv4 comes from an address that is one, also on a socket of both families', async () => {
  for (const network of ['udp4', 'udp'] as const) {
    await using b = listen(network, null)
    await using a = listen('udp4', v4)
    const to = new UDPAddr(v4, b.localAddr.port)
    const p = new Uint8Array(8)
    for (let i = 0; i < 4; i++) await a.writeTo(Uint8Array.of(i), to)
    const [, first] = await b.readFrom(p)
    const second = await b.readMsgUDP(p, none)
    const [, third] = await b.receive()
    const message: Message = { buffer: p, n: 0, addr: null }
    expect(await b.readBatch([message])).toBe(1)
    for (const addr of [first, second.addr, third, message.addr]) {
      expect([addr?.ip?.to4()?.byteLength, String(addr)]).toEqual([4, String(a.localAddr)])
    }
  }
})

test('a socket of both families sends to IPv4, IPv4-mapped and IPv6 addresses by every way to write', async () => {
  await using a = listen('udp', null)
  for (const [ip, network] of [
    [v4, 'udp4'],
    [mapped, 'udp4'],
    [v6, 'udp6'],
  ] as const) {
    await using b = listen(network, network === 'udp4' ? v4 : v6)
    const to = new UDPAddr(ip, b.localAddr.port)
    await a.writeTo(Uint8Array.of(1), to)
    await a.writeMsgUDP(Uint8Array.of(2), none, to)
    await a.writeBatch([{ buffer: Uint8Array.of(3), n: 0, addr: to }])
    for (let i = 1; i <= 3; i++) expect((await b.receive())[0]).toEqual(Uint8Array.of(i))
  }
})

test('an IPv4-mapped address is one of IPv4 to a udp4 socket, and none to a udp6 socket that keeps to IPv6', async () => {
  await using b = listen('udp4', v4)
  const to = new UDPAddr(mapped, b.localAddr.port)
  await using four = listen('udp4', null)
  await four.writeTo(Uint8Array.of(1), to)
  expect((await b.receive())[0]).toEqual(Uint8Array.of(1))
  await using six = listen('udp6', null)
  await expect(six.writeTo(Uint8Array.of(1), to)).rejects.toMatchObject({ op: 'write' })
  await expect(udpSockGroup.dialUDP('udp6', null, to)).rejects.toMatchObject({ op: 'dial', net: 'udp6' })
})

test('a receive into no room takes the packet and tells its sender, an empty packet is read as 0 bytes', async () => {
  await using b = listen('udp4', v4)
  await using a = await udpSockGroup.dialUDP('udp4', null, b.localAddr)
  await a.write(Uint8Array.of(1, 2, 3))
  await a.write(none)
  await a.write(Uint8Array.of(4))
  const [n, from] = await b.readFrom(none)
  expect([n, from.port]).toEqual([0, a.localAddr.port])
  const p = new Uint8Array(8)
  expect((await b.readFrom(p))[0]).toBe(0)
  expect(await b.read(p)).toBe(1)
  expect(p[0]).toBe(4)
})
