import { afterAll, describe, expect, test } from 'vitest'
import { AddrError, parseIP, UDPAddr } from '@net/addr'
import { ErrClosed, ErrWriteToConnected, isErr, OpError, type UDPConn } from '@net/contract'
import { ledger, testConn, testPacketConn, udpPair } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import {
  listenTCPSync,
  listenUDPSync,
  marshalPacketControl,
  parsePacketInfo,
  udpSockGroup,
} from '../src/index.ts'
import { abi } from '../src/abi/system.ts'
import { controlMessages } from '../src/wire/cmsg.ts'

// The first socket opens the thread's epoll descriptor, which stays.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const v4 = parseIP('127.0.0.1')
const v6 = parseIP('::1')

function listen(host = '127.0.0.1'): UDPConn {
  return listenUDPSync('udp', new UDPAddr(parseIP(host), 0))
}

async function rejection(promise: Promise<unknown>): Promise<OpError> {
  const e: unknown = await promise.then(
    () => null,
    (e: unknown) => e,
  )
  expect(e).toBeInstanceOf(OpError)
  return e as OpError
}

testPacketConn(
  { test },
  () => {
    const [p1, p2] = [listen(), listen()]
    const stop = async (): Promise<void> => {
      await p1.close()
      await p2.close()
    }
    return Promise.resolve({ p1, p2, stop })
  },
  {
    label: 'udp, the largest packet',
    network: 'udp',
    largest: 65507,
    makeConnected: () => udpSockGroup.dialUDP('udp', null, new UDPAddr(v4, 9)),
  },
)

testConn({ test }, () => udpPair(udpSockGroup, 'udp6', v6), {
  label: 'udp6, connected',
  kind: 'datagram',
  network: 'udp6',
})

describe('UDPConn.readMsgUDP() and writeMsgUDP()', () => {
  test('carry a packet, without control messages when none are asked for', async () => {
    await using a = listen()
    await using b = listen()
    expect(await a.writeMsgUDP(Uint8Array.of(1, 2), new Uint8Array(0), b.localAddr)).toEqual({
      n: 2,
      oobn: 0,
    })
    const p = new Uint8Array(10)
    const got = await b.readMsgUDP(p, new Uint8Array(100))
    expect({ ...got, addr: got.addr.toString() }).toEqual({
      n: 2,
      oobn: 0,
      flags: 0,
      addr: a.localAddr.toString(),
    })
    expect([...p.subarray(0, 2)]).toEqual([1, 2])
  })

  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::', '127.0.0.1'],
    ['::', '::1'],
  ])('tell destination, interface, TTL and TOS of packets to a socket on %s from %s', async (on, host) => {
    await using server = listenUDPSync('udp', new UDPAddr(parseIP(on), 0))
    server.setControlMessages({ destination: true, ttl: true, tos: true })
    await using client = listen(host)
    const to = new UDPAddr(parseIP(host), server.localAddr.port)
    const control = marshalPacketControl({ ttl: 17, tos: 0xb9 }, to)
    expect((await client.writeMsgUDP(Uint8Array.of(7), control, to)).oobn).toBe(control.byteLength)
    const oob = new Uint8Array(200)
    const { oobn, flags, addr } = await server.readMsgUDP(new Uint8Array(1), oob)
    expect(flags).toBe(0)
    const info = parsePacketInfo(oob.subarray(0, oobn))
    expect(info.destination?.toString()).toBe(host)
    expect(info).toMatchObject({ interfaceIndex: 1, ttl: 17, tos: 0xb9 })

    // And back, from the address it was asked on.
    const answer = marshalPacketControl({ source: info.destination, interfaceIndex: 1, tos: 1 }, addr)
    await server.writeMsgUDP(Uint8Array.of(8), answer, addr)
    client.setControlMessages({ tos: true })
    await server.writeMsgUDP(Uint8Array.of(9), answer, addr)
    expect((await client.readFrom(new Uint8Array(1)))[1].toString()).toBe(to.toString())
    const second = await client.readMsgUDP(new Uint8Array(1), oob)
    expect(parsePacketInfo(oob.subarray(0, second.oobn))).toEqual({ tos: 1 })
  })

  test('switch off what is set to false and leave alone what is absent', async () => {
    await using a = listen()
    a.setControlMessages({ destination: true, ttl: true })
    a.setControlMessages({ destination: false })
    await a.writeTo(Uint8Array.of(1), a.localAddr)
    const oob = new Uint8Array(200)
    const { oobn } = await a.readMsgUDP(new Uint8Array(1), oob)
    expect(Object.keys(parsePacketInfo(oob.subarray(0, oobn)))).toEqual(['ttl'])
  })

  test('tell by flags what did not fit, and the next packet is whole', async () => {
    await using a = listen()
    a.setControlMessages({ destination: true, ttl: true })
    const big = new Uint8Array(100)
    await a.writeTo(big, a.localAddr)
    await a.writeTo(Uint8Array.of(5), a.localAddr)
    const oob = new Uint8Array(20)
    const first = await a.readMsgUDP(new Uint8Array(10), oob)
    expect([first.n, first.flags]).toEqual([10, abi.MSG_TRUNC | abi.MSG_CTRUNC])
    expect([...controlMessages(oob.subarray(0, first.oobn))].length).toBeLessThanOrEqual(1)
    expect(parsePacketInfo(oob.subarray(0, first.oobn)).destination).toBeUndefined()
    const second = await a.readMsgUDP(new Uint8Array(10), new Uint8Array(200))
    expect([second.n, second.flags]).toEqual([1, 0])
  })

  test('a socket with a peer takes no address, one without needs one', async () => {
    await using a = listen()
    await using c = await udpSockGroup.dialUDP('udp', null, a.localAddr)
    const none = new Uint8Array(0)
    expect(isErr(await rejection(c.writeMsgUDP(none, none, a.localAddr)), ErrWriteToConnected)).toBe(true)
    expect((await c.writeMsgUDP(Uint8Array.of(1), none, null)).n).toBe(1)
    const e = await rejection(a.writeMsgUDP(none, none, null))
    expect(e.message).toBe(`write udp ${a.localAddr.toString()}: missing address`)
    expect((await a.readMsgUDP(new Uint8Array(1), none)).addr.toString()).toBe(c.localAddr.toString())
  })

  test('a control message that does not fit its length is EINVAL, and the socket usable afterwards', async () => {
    await using a = listen()
    const bad = marshalPacketControl({ ttl: 5 }, a.localAddr)
    new DataView(bad.buffer).setUint32(0, 1000, true)
    const e = await rejection(a.writeMsgUDP(Uint8Array.of(1), bad, a.localAddr))
    const name = a.localAddr.toString()
    expect(e.message).toBe(`write udp ${name}->${name}: sendmsg: invalid argument`)
    await a.writeTo(Uint8Array.of(1), a.localAddr)
    expect((await a.readFrom(new Uint8Array(4)))[0]).toBe(1)
  })

  test.each([{ ttl: 0 }, { ttl: 256 }, { ttl: -2 }, { tos: 256 }, { tos: -2 }])(
    '%o, which is out of range, is EINVAL',
    async (control) => {
      for (const host of ['127.0.0.1', '::1']) {
        if (host === '::1' && control.ttl === 0) continue // which IPv6 allows
        await using a = listen(host)
        const oob = marshalPacketControl(control, a.localAddr)
        expect((await rejection(a.writeMsgUDP(Uint8Array.of(1), oob, a.localAddr))).code).toBe('EINVAL')
      }
    },
  )

  test('a source that is not of this host is refused by the kernel', async () => {
    await using a = listenUDPSync('udp4', null)
    const to = new UDPAddr(v4, a.localAddr.port)
    const oob = marshalPacketControl({ source: parseIP('192.0.2.1') }, to)
    const e = await rejection(a.writeMsgUDP(Uint8Array.of(1), oob, to))
    expect(e.syscall).toBe('sendmsg')
    expect(['EINVAL', 'ENETUNREACH', 'EADDRNOTAVAIL']).toContain(e.code)
  })

  test('wrong kinds of argument are TypeErrors', async () => {
    await using a = listen()
    const p = new Uint8Array(1)
    const text = 'text' as unknown as Uint8Array
    await expect(a.readMsgUDP(text, p)).rejects.toThrow(TypeError)
    await expect(a.readMsgUDP(p, text)).rejects.toThrow(TypeError)
    await expect(a.writeMsgUDP(p, text, a.localAddr)).rejects.toThrow(TypeError)
    await expect(a.writeMsgUDP(p, p, 'x' as unknown as UDPAddr)).rejects.toThrow(TypeError)
  })

  test('wait, keep to deadlines and signals, and end with close', async () => {
    const a = listen()
    a.setReadDeadline(1)
    expect((await rejection(a.readMsgUDP(new Uint8Array(1), new Uint8Array(1)))).timeout).toBe(true)
    a.setReadDeadline(null)
    const reason = new Error('enough')
    const abort = new AbortController()
    const aborted = a.readMsgUDP(new Uint8Array(1), new Uint8Array(1), { signal: abort.signal })
    abort.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    const p = new Uint8Array(1)
    const pending = a.readMsgUDP(p, new Uint8Array(1))
    await a.writeTo(Uint8Array.of(42), a.localAddr)
    expect((await pending).n).toBe(1)
    expect(p[0]).toBe(42)
    const last = rejection(a.readMsgUDP(p, new Uint8Array(1)))
    await a.close()
    expect(isErr(await last, ErrClosed)).toBe(true)
    expect(isErr(await rejection(a.writeMsgUDP(p, p, a.localAddr)), ErrClosed)).toBe(true)
    expect(() => a.setControlMessages({ ttl: true })).toThrow(OpError)
  })
})

describe('errors of packets', () => {
  test('a packet of 65508 bytes is EMSGSIZE by every way to write it, and the socket usable afterwards', async () => {
    await using a = listen()
    await using b = listen()
    await using c = await udpSockGroup.dialUDP('udp', null, b.localAddr)
    const big = new Uint8Array(65508)
    const [from, to] = [a.localAddr.toString(), b.localAddr.toString()]
    const none = new Uint8Array(0)
    const text = 'message too long'
    expect((await rejection(a.writeTo(big, b.localAddr))).message).toBe(
      `write udp ${from}->${to}: sendto: ${text}`,
    )
    expect((await rejection(a.writeMsgUDP(big, none, b.localAddr))).message).toBe(
      `write udp ${from}->${to}: sendmsg: ${text}`,
    )
    const peer = `write udp ${c.localAddr.toString()}->${to}`
    const e = await rejection(c.write(big))
    expect([e.message, e.code, e.n]).toEqual([`${peer}: write: ${text}`, 'EMSGSIZE', 0])
    const batch = [
      { buffer: Uint8Array.of(1), n: 0, addr: null },
      { buffer: big, n: 0, addr: null },
    ]
    const b2 = await rejection(c.writeBatch(batch))
    expect([b2.message, b2.n]).toEqual([`${peer}: sendmmsg: ${text}`, 1])
    expect((await b.readFrom(new Uint8Array(4)))[0]).toBe(1)
    await a.writeTo(Uint8Array.of(1), b.localAddr)
    await c.write(Uint8Array.of(1, 2))
    expect((await b.readFrom(new Uint8Array(4)))[0]).toBe(1)
    expect((await b.readFrom(new Uint8Array(4)))[0]).toBe(2)
  })

  test('an address of the other family is an error of the write, not thrown', async () => {
    await using a = listenUDPSync('udp4', new UDPAddr(v4, 0))
    const to = new UDPAddr(v6, 9)
    for (const write of [
      () => a.writeTo(new Uint8Array(1), to),
      () => a.writeMsgUDP(new Uint8Array(1), new Uint8Array(0), to),
      () => a.writeBatch([{ buffer: new Uint8Array(1), n: 0, addr: to }]),
    ]) {
      const e = await rejection(write())
      expect(e.message).toBe(`write udp4 ${a.localAddr.toString()}->[::1]:9: address ::1: non-IPv4 address`)
      expect(e.cause).toBeInstanceOf(AddrError)
    }
  })

  test('a connected socket is told that nobody listens: ECONNREFUSED, once', async () => {
    const gone = listen()
    const { addr } = gone
    await gone.close()
    await using c = await udpSockGroup.dialUDP('udp', null, addr)
    const names = `${c.localAddr.toString()}->${addr.toString()}`
    const pending = rejection(c.read(new Uint8Array(1)))
    await c.write(Uint8Array.of(1))
    expect((await pending).message).toBe(`read udp ${names}: read: connection refused`)
    // The next packet goes, and brings the next error.
    const again = rejection(c.readMsgUDP(new Uint8Array(1), new Uint8Array(0)))
    expect(await c.write(Uint8Array.of(1))).toBe(1)
    expect((await again).message).toBe(`read udp ${names}: recvmsg: connection refused`)
  })

  test('broadcast is on for every UDP socket', async () => {
    await using a = listenUDPSync('udp4', null)
    expect(a.syscallConn().getsockoptInt(abi.SOL_SOCKET, abi.SO_BROADCAST)).toBe(1)
    // The loopback interface's broadcast address reaches sockets on every address.
    const to = new UDPAddr(parseIP('127.255.255.255'), a.localAddr.port)
    await a.writeTo(Uint8Array.of(3), to)
    const p = new Uint8Array(4)
    expect((await a.readFrom(p))[0]).toBe(1)
    expect(p[0]).toBe(3)
  })

  test('bindToDevice() of an interface that is not there is ENODEV, and of lo keeps to it', async () => {
    await using a = listen()
    const e = (() => {
      try {
        a.bindToDevice('nosuch0')
      } catch (e) {
        return e as OpError
      }
    })()
    expect(e?.message).toBe(`set udp ${a.localAddr.toString()}: setsockopt: no such device`)
    a.bindToDevice('lo')
    await a.writeTo(Uint8Array.of(1), a.localAddr)
    expect((await a.readFrom(new Uint8Array(4)))[0]).toBe(1)
    a.bindToDevice('')
  })

  test('reads of many senders give one address for each, as long as it is the same', async () => {
    await using server = listen()
    const clients = [listen(), listen(), listen('127.0.0.2')]
    const seen: UDPAddr[][] = clients.map(() => [])
    for (let round = 0; round < 3; round++) {
      for (const [i, c] of clients.entries()) {
        await c.writeTo(Uint8Array.of(i), server.localAddr)
        const [, from] = await server.readFrom(new Uint8Array(1))
        expect(from.toString()).toBe(c.localAddr.toString())
        seen[i]?.push(from)
      }
    }
    for (const addrs of seen) expect(new Set(addrs).size).toBe(1)
    for (const c of clients) await c.close()
  })
})
