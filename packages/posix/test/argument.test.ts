import { afterAll, describe, expect, test } from 'vitest'
import { IP, IPAddr, parseIP, TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted, listenTCPSync, posix } from '../src/index.ts'
import { loopback } from './connected.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(() => check())

const wrong = {} as never
const udp = new UDPAddr(parseIP('127.0.0.1'), 9)

describe.each([
  ['the kernel', posix()],
  ['the host', hosted()],
])('the sockets of %s', (_name, target) => {
  test.each([
    ['a TCPAddr', () => target.dialTCP('tcp', null, wrong)],
    ['a TCPAddr', () => target.dialTCP('tcp', wrong, loopback)],
    ['a TCPAddr', () => target.dialTCP('tcp', null, udp as never)],
    ['a TCPAddr', () => target.listenTCP('tcp', wrong)],
    ['a UDPAddr', () => target.dialUDP('udp', wrong, udp)],
    ['a UDPAddr', () => target.dialUDP('udp', null, new TCPAddr(null, 9) as never)],
    ['a UDPAddr', () => target.listenUDP('udp', wrong)],
    ['a UDPAddr', () => target.listenMulticastUDP('udp', null, wrong)],
    ['a UnixAddr', () => target.dialUnix('unix', null, wrong)],
    ['a UnixAddr', () => target.dialUnix('unix', '/path' as never, new UnixAddr('/path', 'unix'))],
    ['a UnixAddr', () => target.listenUnix('unix', '/path' as never)],
  ])('want %s', async (kind, call) => {
    await expect(call()).rejects.toThrow(new TypeError(`the address is not ${kind}`))
  })

  test('want numbers for the sizes of buffers, and an IP for a group', async () => {
    await using conn = await target.listenUDP('udp4', new UDPAddr(udp.ip, 0))
    const size = new TypeError('the size of a buffer is not a number')
    expect(() => conn.setReadBuffer('1' as never)).toThrow(size)
    expect(() => conn.setWriteBuffer('1' as never)).toThrow(size)
    const group = IP.from([239, 0, 0, 1])
    expect(() => conn.joinGroup('239.0.0.1' as never)).toThrow(new TypeError('the group is not an IP'))
    expect(() => conn.leaveGroup(group, null, '127.0.0.1' as never)).toThrow(
      new TypeError('the source is not an IP'),
    )
  })
})

test('raw IP wants an IPAddr', async () => {
  const error = new TypeError('the address is not an IPAddr')
  await expect(posix().dialIP('ip4:icmp', null, wrong)).rejects.toThrow(error)
  await expect(posix().dialIP('ip4:icmp', wrong, new IPAddr(parseIP('127.0.0.1')))).rejects.toThrow(error)
  await expect(posix().listenIP('ip4:icmp', wrong)).rejects.toThrow(error)
})
