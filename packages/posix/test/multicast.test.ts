import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { IP, parseIP, UDPAddr } from '@net/addr'
import {
  OpError,
  type Interface,
  type MulticastMembership,
  type UDPConn,
  type UDPNetwork,
} from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import {
  hostedUDPSockGroup,
  interfaceGroup,
  listenMulticastUDPSync,
  listenTCPSync,
  listenUDPSync,
  udpSockGroup,
} from '../src/index.ts'

// The first socket opens the thread's epoll descriptor, which stays.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const lo: Interface = await interfaceGroup.interfaceByName('lo')

function ip(s: string): IP {
  const found = parseIP(s)
  if (found === null) throw new Error(s)
  return found
}

const group = ip('239.255.77.1')

function listen(network: UDPNetwork = 'udp4', host: string | null = null): UDPConn {
  return listenUDPSync(network, new UDPAddr(host === null ? null : ip(host), 0))
}

function thrown(f: () => void): OpError {
  try {
    f()
  } catch (e) {
    if (e instanceof OpError) return e
    throw e
  }
  throw new Error('nothing was thrown')
}

async function rejection(promise: Promise<unknown>): Promise<OpError> {
  const e: unknown = await promise.then(
    () => null,
    (e: unknown) => e,
  )
  expect(e).toBeInstanceOf(OpError)
  return e as OpError
}

/** Sends a byte to the group and port on lo. */
async function say(n: number, port: number): Promise<void> {
  await using c = listen('udp4', '127.0.0.1')
  c.setMulticastInterface('lo')
  await c.writeTo(Uint8Array.of(n), new UDPAddr(group, port))
}

async function heard(c: UDPConn): Promise<number | undefined> {
  const p = new Uint8Array(4)
  await c.readFrom(p)
  return p[0]
}

describe.each([
  ['the kernel', udpSockGroup],
  ['the host', hostedUDPSockGroup],
])('listenMulticastUDP() of %s', (_name, sockets) => {
  test('hears the group on its port, as do others that listen', async () => {
    await using a = await sockets.listenMulticastUDP('udp4', lo, new UDPAddr(group, 0))
    const { port } = a.localAddr
    expect(a.localAddr.toString()).toBe(`0.0.0.0:${port}`)
    await using b = await sockets.listenMulticastUDP('udp', lo, new UDPAddr(group, port))
    await say(7, port)
    expect([await heard(a), await heard(b)]).toEqual([7, 7])
  })

  test('refuses what is no group, an interface that is not there, and the other family', async () => {
    const listen = (network: UDPNetwork, iface: Interface | null, host: string): Promise<OpError> =>
      rejection(sockets.listenMulticastUDP(network, iface, new UDPAddr(ip(host), 0)))
    const plain = await listen('udp4', lo, '127.0.0.1')
    expect(plain.message).toBe('listen udp4 127.0.0.1:0: setsockopt: invalid argument')
    const gone = { ...lo, index: 2 ** 30, name: 'nosuch0' } as Interface
    expect((await listen('udp4', gone, '239.1.2.3')).message).toMatch(
      /no such (device|network interface)|requested address/,
    )
    const six = await listen('udp4', lo, 'ff02::1')
    expect(six.message).toBe('listen udp4 [ff02::1]:0: address ff02::1: non-IPv4 address')
  })

  interface Case {
    tag: string
    in: { fn: string; network: string; laddr: { ip: string; port: number } | null }
    err: string
  }
  const url = new URL('../../../test-data/vectors/dial_listen_errors.json', import.meta.url)
  const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: Case[] }
  const ours = cases.filter((c) => c.in.fn === 'ListenMulticastUDP')

  test.each(ours)('gives the error of Go: $err', async ({ in: { network, laddr }, err }) => {
    const gaddr = laddr === null ? null : new UDPAddr(IP.from(Buffer.from(laddr.ip, 'hex')), laddr.port)
    expect((await rejection(sockets.listenMulticastUDP(network as UDPNetwork, null, gaddr))).message).toBe(
      err,
    )
  })
})

describe('UDPConn.joinGroup() and leaveGroup()', () => {
  test.each([
    ['its name', 'lo'],
    ['its number', lo.index],
    ['itself', lo],
  ])('name the interface by %s', async (_what, iface) => {
    await using c = listen()
    c.joinGroup(group, iface)
    await say(1, c.localAddr.port)
    expect(await heard(c)).toBe(1)
    expect((await lo.multicastAddrs()).map(String)).toContain(group.toString())
    c.leaveGroup(group, iface)
    expect((await lo.multicastAddrs()).map(String)).not.toContain(group.toString())
  })

  test('on a socket of both families join groups of both', async () => {
    await using c = listen('udp')
    c.joinGroup(group, 'lo')
    c.joinGroup(ip('ff02::77'), 'lo')
    const groups = (await lo.multicastAddrs()).map(String)
    expect(groups).toEqual(expect.arrayContaining([group.toString(), 'ff02::77']))
    await say(2, c.localAddr.port)
    expect(await heard(c)).toBe(2)
  })

  test('with a source hear that host only', async () => {
    await using c = listen()
    c.joinGroup(group, 'lo', ip('127.0.0.1'))
    await using other = listen('udp4', '127.0.0.2')
    other.setMulticastInterface('lo')
    await other.writeTo(Uint8Array.of(1), new UDPAddr(group, c.localAddr.port))
    await say(2, c.localAddr.port)
    expect(await heard(c)).toBe(2)
    c.leaveGroup(group, 'lo', ip('127.0.0.1'))
    expect(thrown(() => c.leaveGroup(group, 'lo', ip('127.0.0.1'))).code).toMatch(/^(EINVAL|EADDRNOTAVAIL)$/)
  })

  test("refuse with the kernel's error what is no group, was joined already, was not joined", async () => {
    await using c = listen()
    await using six = listen('udp6')
    const name = `set udp4 ${c.localAddr.toString()}`
    expect(thrown(() => c.joinGroup(ip('127.0.0.1'), 'lo')).message).toBe(
      `${name}: setsockopt: invalid argument`,
    )
    expect(thrown(() => six.joinGroup(ip('::1'), 'lo')).code).toBe('EINVAL')
    expect(thrown(() => c.leaveGroup(group, 'lo')).message).toBe(
      `${name}: setsockopt: cannot assign requested address`,
    )
    c.joinGroup(group, 'lo')
    expect(thrown(() => c.joinGroup(group, 'lo')).message).toBe(`${name}: setsockopt: address already in use`)
    expect(thrown(() => c.joinGroup(ip('ff02::1'), 'lo')).code).toBe('ENOPROTOOPT')
    await say(3, c.localAddr.port)
    expect(await heard(c)).toBe(3)
  })

  test('refuse interfaces that do not exist', async () => {
    await using c = listen()
    const name = `set udp4 ${c.localAddr.toString()}`
    const join = (iface: unknown) => thrown(() => c.joinGroup(group, iface as string)).message
    expect(join('nosuch0')).toBe(`${name}: no such network interface`)
    expect(join('')).toBe(`${name}: no such network interface`)
    expect(join(2 ** 30)).toBe(`${name}: setsockopt: no such device`)
    for (const index of [-1, 1.5, NaN]) expect(join(index)).toBe(`${name}: invalid network interface index`)
    expect(thrown(() => c.setMulticastInterface('nosuch0')).message).toBe(
      `${name}: no such network interface`,
    )
    expect(() => c.joinGroup(group, true as unknown as string)).toThrow(TypeError)
  })

  test('fail on a closed socket', async () => {
    const c = listen()
    await c.close()
    for (const f of [
      () => c.joinGroup(group, 'lo'),
      () => c.setMulticastTTL(1),
      () => c.readErrors(),
      () => c.setErrorQueue(true),
    ]) {
      expect(thrown(f).message).toMatch(/: use of closed network connection$/)
    }
  })
})

test('setMulticastTTL() refuses what is out of range', async () => {
  await using c = listen()
  c.setMulticastTTL(0)
  c.setMulticastTTL(255)
  expect(thrown(() => c.setMulticastTTL(256)).message).toBe(
    `set udp4 ${c.localAddr.toString()}: setsockopt: invalid argument`,
  )
})

describe.each([
  ['the kernel', udpSockGroup],
  ['the host', hostedUDPSockGroup],
])("Deno's joinMulticastV4() and joinMulticastV6() of %s", (_name, sockets) => {
  test('join with texts, and the membership leaves', async () => {
    await using c = await sockets.listenUDP('udp4', null)
    const membership: MulticastMembership = await c.joinMulticastV4(group.toString(), '127.0.0.1')
    await say(4, c.addr.port)
    expect((await c.receive())[0][0]).toBe(4)
    await membership.setLoopback(false)
    await membership.setTTL(2)
    await membership.leave()
    expect((await rejection(membership.leave())).code).toBe('EADDRNOTAVAIL')
    await using six = await sockets.listenUDP('udp6', null)
    const groups = async (): Promise<string[]> => (await lo.multicastAddrs()).map(String)
    six.joinGroup(ip('ff02::79'), 'lo')
    expect(await groups()).toContain('ff02::79')
    six.leaveGroup(ip('ff02::79'), 'lo')
    expect(await groups()).not.toContain('ff02::79')
    // The host cannot tell which interface has the number of lo, as lo has no link-local address.
    if (sockets === hostedUDPSockGroup) {
      await expect(six.joinMulticastV6('ff02::79', lo.index)).rejects.toThrow('no such network interface')
      return
    }
    const m6 = await six.joinMulticastV6('ff02::79', lo.index)
    expect(await groups()).toContain('ff02::79')
    await m6.leave()
  })

  test('leave before leave() returns, so that a close right behind it rejects nothing', async () => {
    const c = await sockets.listenUDP('udp4', null)
    const membership = await c.joinMulticastV4(group, '127.0.0.1')
    const all = [membership.setTTL(3), membership.setLoopback(true), membership.leave()]
    await c.close()
    expect(await Promise.all(all)).toEqual([undefined, undefined, undefined])
    expect((await rejection(membership.leave())).message).toMatch(/use of closed network connection$/)
  })

  test('reject what is no address and what is of the other family', async () => {
    await using c = await sockets.listenUDP('udp4', null)
    const name = `set udp4 ${c.localAddr.toString()}`
    const messages = [
      [c.joinMulticastV4('group', '127.0.0.1'), 'address group: invalid IP address'],
      [c.joinMulticastV4(group, 'lo'), 'address lo: invalid IP address'],
      [c.joinMulticastV4('ff02::1', '127.0.0.1'), 'address ff02::1: non-IPv4 address'],
      [c.joinMulticastV6(group, lo.index), `address ${group.toString()}: non-IPv6 address`],
      [c.joinMulticastV4('127.0.0.1', '127.0.0.1'), 'setsockopt: invalid argument'],
    ] as const
    for (const [joined, message] of messages) {
      expect((await rejection(joined)).message).toBe(`${name}: ${message}`)
    }
  })
})

test('listenUDP() on a multicast address shares the port and hears the group once it has joined', async () => {
  await using a = await udpSockGroup.listenUDP('udp4', new UDPAddr(group, 0))
  await using b = listenMulticastUDPSync('udp4', lo, new UDPAddr(group, a.localAddr.port))
  expect(a.localAddr.toString()).toBe(b.localAddr.toString())
  a.joinGroup(group, lo)
  await say(5, a.localAddr.port)
  expect([await heard(a), await heard(b)]).toEqual([5, 5])
})

test('control messages and the error queue are refused by the host in words', async () => {
  await using c = await hostedUDPSockGroup.listenUDP('udp4', new UDPAddr(ip('127.0.0.1'), 0))
  const p = new Uint8Array(1)
  const errors = [
    thrown(() => c.setControlMessages({ ttl: true })),
    thrown(() => c.setErrorQueue(true)),
    thrown(() => c.readErrors()),
    thrown(() => c.bindToDevice('lo')),
    await rejection(c.readMsgUDP(p, p)),
    await rejection(c.writeMsgUDP(p, p, c.localAddr)),
    await rejection(c.writeBatch([{ buffer: p, n: 0, addr: c.localAddr, oob: p }])),
  ]
  for (const e of errors) expect(e.code).toBe('EWINDOWS')
  expect(c.setGRO(true)).toBe(false)
})
