import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { IP, IPAddr, parseIP } from '@net/addr'
import { OpError } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { ErrWindows } from '@net/stubs'
import { windowsIPRawSockGroup } from '../src/index.ts'
import { decodeSockaddr, encodeSockaddr } from '../src/wire/sockaddr_windows.ts'

// What Windows itself does with such a socket is seen where a Windows runs (tools/reach).

const check = ledger()
afterAll(check)

const loopback = new IPAddr(parseIP('127.0.0.1'))

function octets(n: 4 | 16): fc.Arbitrary<IP> {
  return fc.uint8Array({ minLength: n, maxLength: n }).map((bytes) => IP.from(bytes))
}

test('encodeSockaddr() writes the structures as the headers of Windows lay them out', () => {
  expect([...encodeSockaddr(4, IP.from([192, 0, 2, 7]), 0)]).toEqual([
    ...[2, 0, 0, 0, 192, 0, 2, 7],
    ...new Array<number>(8).fill(0),
  ])
  const link = [0xfe, 0x80, ...new Array<number>(13).fill(0), 1]
  expect([...encodeSockaddr(6, IP.from(link), 258)]).toEqual([
    ...[23, 0, 0, 0, 0, 0, 0, 0],
    ...link,
    ...[2, 1, 0, 0],
  ])
})

test('decodeSockaddr() reads every address that encodeSockaddr() has written', () => {
  fc.assert(
    fc.property(octets(4), octets(16), fc.nat(), (four, six, scope) => {
      expect(decodeSockaddr(encodeSockaddr(4, four, scope))).toEqual({ ip: four, scope: 0 })
      expect(decodeSockaddr(encodeSockaddr(6, six, scope))).toEqual({ ip: six, scope })
    }),
  )
})

test.skipIf(process.platform === 'win32')('on another system every socket is refused', async () => {
  const dialled = windowsIPRawSockGroup.dialIP('ip4:icmp', null, loopback)
  await expect(dialled).rejects.toThrow(OpError)
  await expect(dialled).rejects.toMatchObject({
    cause: ErrWindows,
    message: 'dial ip4:icmp 127.0.0.1: not supported by windows',
  })
  await expect(windowsIPRawSockGroup.listenIP('ip6:58', null)).rejects.toMatchObject({
    op: 'listen',
    cause: ErrWindows,
  })
})

test('what makes no sense is refused in words before there is a socket', async () => {
  const dial = (network: string, raddr: IPAddr | null): Promise<unknown> =>
    windowsIPRawSockGroup.dialIP(network, null, raddr)
  await expect(dial('ip4:icmp', null)).rejects.toThrow('dial ip4:icmp: missing address')
  await expect(dial('tcp', loopback)).rejects.toThrow('unknown network tcp')
  await expect(dial('ip4:nope', loopback)).rejects.toThrow('unknown IP protocol specified')
  await expect(dial('ip6:58', loopback)).rejects.toThrow(OpError)
  const six = new IPAddr(parseIP('::1'))
  await expect(dial('ip4:icmp', six)).rejects.toThrow('address ::1: non-IPv4 address')
})
