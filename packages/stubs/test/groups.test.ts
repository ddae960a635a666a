import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { IPAddr, parseIP, TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import {
  DNSError,
  Errno,
  isErr,
  OpError,
  SyscallError,
  type Conn,
  type File,
  type TCPNetwork,
} from '@net/contract'
import { ledger } from '@net/contract/suite'
import {
  ErrPlan9,
  ErrUnsupported,
  ErrWindows,
  fileStubs,
  interfaceStubs,
  ipRawSockStubs,
  ipSockStubs,
  isRefusal,
  lookupStubs,
  sendfileStubs,
  tcpSockStubs,
  udpSockStubs,
  unixSockStubs,
} from '../src/index.ts'

let check: () => Promise<void>

beforeAll(() => {
  check = ledger()
})

afterAll(() => check())

const ip = parseIP('192.0.2.1')
const tcp = new TCPAddr(ip, 80)
const udp = new UDPAddr(ip, 53)
const raw = new IPAddr(ip)
const unix = new UnixAddr('/run/s', 'unix')

async function refused(call: () => Promise<unknown>): Promise<unknown> {
  // It must reject and not throw.
  const promise = call()
  return promise.then(
    () => {
      throw new Error('the call should have been refused')
    },
    (e: unknown) => e,
  )
}

describe.each([
  ['ErrPlan9', ErrPlan9, 'EPLAN9', 'not supported by plan 9'],
  ['ErrWindows', ErrWindows, 'EWINDOWS', 'not supported by windows'],
  ['ErrUnsupported', ErrUnsupported, 'ENOTSUP', 'operation not supported'],
] as const)('%s', (_name, err, code, words) => {
  async function expectOpError(
    call: () => Promise<unknown>,
    message: string,
    fields: Partial<Pick<OpError, 'op' | 'net' | 'source' | 'addr'>>,
  ): Promise<void> {
    const e = await refused(call)
    expect(e).toBeInstanceOf(OpError)
    expect(e).toMatchObject({
      ...fields,
      message: `${message}: ${words}`,
      code,
      timeout: false,
      temporary: false,
    })
    expect((e as OpError).cause).toBe(err)
    expect(isErr(e, err)).toBe(true)
    // No error number and no system call is behind it.
    expect(e).not.toHaveProperty('errno')
    expect(e).not.toHaveProperty('syscall')
  }

  test('is an error with a code, its words, and no stack of the place where the package was loaded', () => {
    expect(err).toBeInstanceOf(Error)
    expect([err.name, err.message, err.code]).toEqual(['UnsupportedError', words, code])
    expect([err.timeout, err.temporary]).toEqual([false, false])
    expect(Object.hasOwn(err, 'stack')).toBe(false)
  })

  test('fileStubs() refuses every method', async () => {
    const group = fileStubs(err)
    const f = { fd: 0, name: 'stdin', close: () => Promise.resolve() } as File
    const shape = { op: 'file', net: 'file+net', source: null, addr: null }
    for (const call of [
      () => group.fileConn(f),
      () => group.fileListener(f),
      () => group.filePacketConn(f),
    ]) {
      await expectOpError(call, 'file file+net', shape)
    }
  })

  test('interfaceStubs() refuses every method', async () => {
    const group = interfaceStubs(err)
    const calls = [
      () => group.interfaces(),
      () => group.interfaceAddrs(),
      () => group.interfaceByIndex(1),
      () => group.interfaceByName('lo'),
    ]
    const shape = { op: 'route', net: 'ip+net', source: null, addr: null }
    for (const call of calls) await expectOpError(call, 'route ip+net', shape)
  })

  test('ipRawSockStubs() refuses dialIP() and listenIP()', async () => {
    const group = ipRawSockStubs(err)
    await expectOpError(() => group.dialIP('ip4:icmp', raw, raw), 'dial ip4:icmp 192.0.2.1->192.0.2.1', {
      op: 'dial',
      net: 'ip4:icmp',
      source: raw,
      addr: raw,
    })
    await expectOpError(() => group.listenIP('ip4:1', raw), 'listen ip4:1 192.0.2.1', {
      op: 'listen',
      net: 'ip4:1',
      source: null,
      addr: raw,
    })
  })

  test('tcpSockStubs() refuses dialTCP() and listenTCP()', async () => {
    const group = tcpSockStubs(err)
    await expectOpError(() => group.dialTCP('tcp', null, tcp), 'dial tcp 192.0.2.1:80', {
      op: 'dial',
      net: 'tcp',
      source: null,
      addr: tcp,
    })
    await expectOpError(() => group.listenTCP('tcp6', null), 'listen tcp6', {
      op: 'listen',
      net: 'tcp6',
      source: null,
      addr: null,
    })
  })

  test('udpSockStubs() refuses dialUDP(), listenUDP() and listenMulticastUDP()', async () => {
    const group = udpSockStubs(err)
    await expectOpError(() => group.dialUDP('udp', udp, udp), 'dial udp 192.0.2.1:53->192.0.2.1:53', {
      op: 'dial',
      source: udp,
      addr: udp,
    })
    const listening = { op: 'listen', source: null, addr: udp }
    await expectOpError(() => group.listenUDP('udp4', udp), 'listen udp4 192.0.2.1:53', listening)
    const multicast = (): Promise<unknown> => group.listenMulticastUDP('udp4', null, udp)
    await expectOpError(multicast, 'listen udp4 192.0.2.1:53', listening)
  })

  test('sendfileStubs() refuses sendFile(), and reads nothing', async () => {
    const conn = { localAddr: tcp, remoteAddr: tcp } as unknown as Conn
    const unread: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => {
        throw new Error('it was read')
      },
    }
    const call = (): Promise<unknown> => sendfileStubs(err).sendFile(conn, unread)
    await expectOpError(call, 'readfrom tcp 192.0.2.1:80->192.0.2.1:80', {
      op: 'readfrom',
      net: 'tcp',
      source: tcp,
      addr: tcp,
    })
    expect(await refused(call)).toMatchObject({ n: 0 })
  })

  test('unixSockStubs() refuses dialUnix(), listenUnix() and listenUnixgram()', async () => {
    const group = unixSockStubs(err)
    await expectOpError(() => group.dialUnix('unixgram', null, unix), 'dial unixgram /run/s', {
      op: 'dial',
      net: 'unixgram',
      addr: unix,
    })
    await expectOpError(() => group.listenUnix('unix', unix), 'listen unix /run/s', {
      op: 'listen',
      net: 'unix',
      addr: unix,
    })
    await expectOpError(() => group.listenUnixgram('unixgram', unix), 'listen unixgram /run/s', {
      op: 'listen',
      net: 'unixgram',
      addr: unix,
    })
  })

  test('lookupStubs() refuses every lookup with a DNSError of the name that was asked', async () => {
    const group = lookupStubs(err)
    const calls = [
      ['example.org', () => group.lookupHost('example.org')],
      ['example.org', () => group.lookupIP('ip4', 'example.org')],
      ['example.org', () => group.lookupIPAddr('example.org')],
      ['tcp/http', () => group.lookupPort('tcp', 'http')],
      ['example.org', () => group.lookupCNAME('example.org')],
      ['example.org', () => group.lookupSRV('http', 'tcp', 'example.org')],
      ['example.org', () => group.lookupMX('example.org')],
      ['example.org', () => group.lookupNS('example.org')],
      ['example.org', () => group.lookupTXT('example.org')],
      ['192.0.2.1', () => group.lookupAddr('192.0.2.1')],
      ['icmp', () => group.lookupProtocol('icmp')],
    ] as const
    expect(calls.length).toBe(Object.keys(group).length)
    for (const [name, call] of calls) {
      const e = await refused(call)
      expect(e).toBeInstanceOf(DNSError)
      expect(e).toMatchObject({ message: `lookup ${name}: ${words}`, err: words, name })
      expect(e).toMatchObject({ isTimeout: false, isTemporary: false, isNotFound: false })
      expect((e as DNSError).cause).toBe(err)
      expect(isErr(e, err)).toBe(true)
    }
  })

  test('a wrong kind of argument is refused by rejecting, too', async () => {
    const wrong = 42 as unknown as TCPAddr
    const e = await refused(() => tcpSockStubs(err).dialTCP('tcp5' as TCPNetwork, null, wrong))
    expect(e).toMatchObject({ op: 'dial', net: 'tcp5', cause: err })
    const none = undefined as unknown as File
    expect(await refused(() => fileStubs(err).fileConn(none))).toMatchObject({ op: 'file', cause: err })
  })

  test('is told from the errors of the other targets', async () => {
    const e = await refused(() => tcpSockStubs(err).listenTCP('tcp', tcp))
    for (const other of [ErrPlan9, ErrWindows, ErrUnsupported]) expect(isErr(e, other)).toBe(other === err)
  })
})

describe('isRefusal()', () => {
  test('is true of every refusal, of what has one for a cause, and of one of another realm or copy', async () => {
    const far = runInNewContext('(cause) => new Error("far", { cause })') as (cause: unknown) => Error
    for (const err of [ErrPlan9, ErrWindows, ErrUnsupported]) {
      const e = await refused(() => lookupStubs(err).lookupHost('example.org'))
      for (const x of [err, e, far(e), Object.assign(new Error('mine'), { code: err.code })]) {
        expect(isRefusal(x)).toBe(true)
      }
    }
  })

  test('is false of other errors, of what is no error, and at the end of a circle', () => {
    const circle = new Error('a circle')
    circle.cause = new Error('of two', { cause: circle })
    const refused = new SyscallError('connect', new Errno('ECONNREFUSED', 111))
    for (const x of [refused, circle, null, undefined, 'EPLAN9', { code: 'EPLAN9' }]) {
      expect(isRefusal(x)).toBe(false)
    }
  })
})

test('the errors of two refusals are two, with one cause', async () => {
  const group = interfaceStubs(ErrPlan9)
  const [a, b] = [await refused(() => group.interfaces()), await refused(() => group.interfaces())]
  expect(a).not.toBe(b)
  expect((a as OpError).cause).toBe((b as OpError).cause)
})

test('ipSockStubs() supports nothing', () => {
  const group = ipSockStubs()
  expect([group.supportsIPv4(), group.supportsIPv6(), group.supportsIPv4map()]).toEqual([false, false, false])
})
