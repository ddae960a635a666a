import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { IP, IPAddr, parseIP } from '@net/addr'
import { ErrClosed, ErrWriteToConnected, isErr, OpError, type IPConn } from '@net/contract'
import { ledger, testConn, testPacketConn } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import fc from 'fast-check'
import {
  fileGroup,
  ipRawSockGroup,
  listenPing,
  listenTCPSync,
  marshalPacketControl,
  parsePacketInfo,
  posix,
} from '../src/index.ts'
import { payloadOffset } from '../src/wire/ipv4_header.ts'

// The first socket opens the thread's epoll descriptor, which stays.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const root = process.getuid?.() === 0
const note = root ? '' : ' (skipped: raw sockets need root)'
const raw = (title: string): string => title + note

const v4 = new IPAddr(parseIP('127.0.0.1'))
const v6 = new IPAddr(parseIP('::1'))
const other4 = new IPAddr(parseIP('127.0.0.2'))

async function rejection(promise: Promise<unknown>): Promise<OpError> {
  const e: unknown = await promise.then(
    () => null,
    (e: unknown) => e,
  )
  expect(e).toBeInstanceOf(OpError)
  return e as OpError
}

/** An echo request (RFC 792, RFC 4443) with its checksum, which IPv6 leaves to the kernel. */
function echoRequest(type: 8 | 128, id: number, seq: number, payload: Uint8Array): Uint8Array {
  const b = new Uint8Array(8 + payload.byteLength)
  const view = new DataView(b.buffer)
  b[0] = type
  view.setUint16(4, id)
  view.setUint16(6, seq)
  b.set(payload, 8)
  if (type === 8) {
    let sum = 0
    for (let i = 0; i < b.byteLength; i += 2) sum += ((b[i] ?? 0) << 8) | (b[i + 1] ?? 0)
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
    view.setUint16(2, ~sum & 0xffff)
  }
  return b
}

const payload = new TextEncoder().encode('ping of raw IP')

/** Reads until the answer to a request comes; others' packets of the protocol come, too. */
async function answer(
  type: 0 | 129,
  id: number,
  read: (p: Uint8Array) => Promise<number>,
): Promise<Uint8Array> {
  const p = new Uint8Array(200)
  for (;;) {
    const n = await read(p)
    const view = new DataView(p.buffer, 0, n)
    if (n >= 8 && p[0] === type && view.getUint16(4) === id) return p.subarray(8, n)
  }
}

describe.skipIf(!root)(raw('an echo request over raw IP'), () => {
  test.each([
    ['ip4:icmp', v4, 8, 0],
    ['ip4:1', v4, 8, 0],
    ['ip:1', v4, 8, 0],
    ['ip6:ipv6-icmp', v6, 128, 129],
    ['ip6:58', v6, 128, 129],
  ] as const)(
    '%s is answered, read by read(), readFrom(), receive() and readMsgIP()',
    async (network, to, ask, told) => {
      await using c = await ipRawSockGroup.dialIP(network, null, to)
      c.setReadTimeout(10_000)
      expect([c.remoteAddr.toString(), c.localAddr.toString()]).toEqual([to.toString(), to.toString()])
      const reads: ((p: Uint8Array) => Promise<number>)[] = [
        (p) => c.read(p),
        async (p) => {
          const [n, from] = await c.readFromIP(p)
          expect(from.toString()).toBe(to.toString())
          return n
        },
        async (p) => {
          const [bytes] = await c.receive()
          p.set(bytes)
          return bytes.byteLength
        },
        async (p) => {
          const { n, addr } = await c.readMsgIP(p, new Uint8Array(0))
          expect(addr.toString()).toBe(to.toString())
          // The header is still there where IPv4 has one.
          const at = payloadOffset(p, n)
          expect(at).toBe(ask === 8 ? 20 : 0)
          p.copyWithin(0, at, n)
          return n - at
        },
      ]
      for (const [i, read] of reads.entries()) {
        const id = (process.pid + i) & 0xffff
        await c.write(echoRequest(ask, id, i, payload))
        expect(await answer(told, id, read)).toEqual(payload)
      }
    },
  )
})

const pairs = [
  ['ip4:253', v4, other4],
  ['ip6:253', v6, v6],
] as const

for (const [network, a, b] of root ? pairs.slice(0, 1) : []) {
  testPacketConn(
    { test },
    async () => {
      const [p1, p2] = [await ipRawSockGroup.listenIP(network, a), await ipRawSockGroup.listenIP(network, b)]
      const stop = async (): Promise<void> => {
        await p1.close()
        await p2.close()
      }
      return { p1, p2, stop }
    },
    { label: network, network: 'ip4', makeConnected: () => ipRawSockGroup.dialIP(network, null, b) },
  )
  testConn(
    { test },
    async () => {
      const [c1, c2] = [
        await ipRawSockGroup.dialIP(network, a, b),
        await ipRawSockGroup.dialIP(network, b, a),
      ]
      const stop = async (): Promise<void> => {
        await c1.close()
        await c2.close()
      }
      return { c1, c2, stop }
    },
    { label: `${network}, connected`, kind: 'datagram', network: 'ip4' },
  )
}

describe.skipIf(!root)(raw('IPConn'), () => {
  test.each(pairs)('%s: readMsgIP() and writeMsgIP() carry control messages', async (network, a, b) => {
    await using c = await ipRawSockGroup.listenIP(network, b)
    c.setControlMessages({ destination: true, ttl: true, tos: true })
    await using s = await ipRawSockGroup.listenIP(network, a)
    const control = marshalPacketControl({ ttl: 33, tos: 4 }, b)
    expect(await s.writeMsgIP(payload, control, b)).toEqual({
      n: payload.byteLength,
      oobn: control.byteLength,
    })
    const [p, oob] = [new Uint8Array(200), new Uint8Array(200)]
    const { n, oobn, addr } = await c.readMsgIP(p, oob)
    expect(p.slice(payloadOffset(p, n), n)).toEqual(payload)
    expect(addr.toString()).toBe(a.toString())
    const { destination, ...info } = parsePacketInfo(oob.subarray(0, oobn))
    expect([destination?.toString(), info]).toEqual([b.toString(), { interfaceIndex: 1, ttl: 33, tos: 4 }])
  })

  test('has a peer or takes addresses, and refuses the other', async () => {
    await using c = await ipRawSockGroup.dialIP('ip4:253', null, v4)
    await using s = await ipRawSockGroup.listenIP('ip4:253', v4)
    const p = new Uint8Array(4)
    expect(isErr(await rejection(c.writeTo(p, v4)), ErrWriteToConnected)).toBe(true)
    expect((await rejection(s.writeMsgIP(p, p, null))).message).toBe('write ip4 127.0.0.1: missing address')
    expect((await rejection(s.writeTo(p, v6))).message).toBe(
      'write ip4 127.0.0.1->::1: address ::1: non-IPv4 address',
    )
    await expect(s.writeTo(p, 'x' as unknown as IPAddr)).rejects.toThrow(TypeError)
    await expect(s.read('x' as unknown as Uint8Array)).rejects.toThrow(TypeError)
    await expect(s.readFrom('x' as unknown as Uint8Array)).rejects.toThrow(TypeError)
  })

  test('a packet larger than the protocol allows is EMSGSIZE, and the socket usable afterwards', async () => {
    await using s = await ipRawSockGroup.listenIP('ip4:253', v4)
    const e = await rejection(s.writeTo(new Uint8Array(65516), v4))
    expect(e.message).toBe('write ip4 127.0.0.1->127.0.0.1: sendto: message too long')
    await s.writeTo(payload, v4)
    expect((await s.receive())[0]).toEqual(payload)
  })

  test('is recognised from a descriptor', async () => {
    await using s = await ipRawSockGroup.listenIP('ip4:253', v4)
    await using file = await s.file()
    await using c = await fileGroup.filePacketConn(file)
    await s.writeTo(payload, v4)
    const [bytes, from] = await c.receive()
    expect([bytes, from.toString(), c.localAddr.toString()]).toEqual([payload, '127.0.0.1', '127.0.0.1'])
  })

  test('ends pending reads with close, and says so afterwards', async () => {
    const s: IPConn = await ipRawSockGroup.listenIP('ip:253', null)
    const pending = rejection(s.readFrom(new Uint8Array(4)))
    await s.close()
    expect(isErr(await pending, ErrClosed)).toBe(true)
    expect(isErr(await rejection(s.read(new Uint8Array(4))), ErrClosed)).toBe(true)
  })
})

describe('dialIP() and listenIP()', () => {
  interface Case {
    in: { fn: string; network: string; laddr: { ip: string } | null; raddr?: { ip: string } | null }
    err: string
  }
  const url = new URL('../../../test-data/vectors/dial_listen_errors.json', import.meta.url)
  const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: Case[] }
  const ours = cases.filter((c) => c.in.fn === 'DialIP' || c.in.fn === 'ListenIP')
  const addr = (a: { ip: string } | null | undefined): IPAddr | null =>
    a ? new IPAddr(IP.from(Buffer.from(a.ip, 'hex'))) : null

  test.each(ours)('give the error of Go: $err', async ({ in: { fn, network, laddr, raddr }, err }) => {
    const made =
      fn === 'DialIP'
        ? ipRawSockGroup.dialIP(network, addr(laddr), addr(raddr))
        : ipRawSockGroup.listenIP(network, addr(laddr))
    expect((await rejection(made)).message).toBe(err)
  })

  test.each([
    ['ip', 'unknown network ip'],
    ['ip:', 'unknown IP protocol specified'],
    ['ip::', 'unknown network ip::'],
    ['tcp', 'unknown network tcp'],
    ['udp:1', 'unknown network udp:1'],
  ])('refuse the network %o', async (network, message) => {
    expect((await rejection(ipRawSockGroup.dialIP(network, null, v4))).message).toBe(
      `dial ${network} 127.0.0.1: ${message}`,
    )
    expect((await rejection(ipRawSockGroup.listenIP(network, v4))).message).toBe(
      `listen ${network} 127.0.0.1: ${message}`,
    )
    if (network !== 'ip') return
    for (const ping of ['ip4:icmp', 'tcp']) {
      expect((await rejection(listenPing(ping, v4))).message).toBe(
        `listen ${ping} 127.0.0.1: unknown network ${ping}`,
      )
    }
  })

  test('want an address to dial, and of the network', async () => {
    expect((await rejection(ipRawSockGroup.dialIP('ip4:icmp', v4, null))).message).toBe(
      'dial ip4:icmp 127.0.0.1: missing address',
    )
    if (!root) return
    expect((await rejection(ipRawSockGroup.dialIP('ip4:icmp', null, v6))).message).toBe(
      'dial ip4:icmp ::1: address ::1: non-IPv4 address',
    )
    expect((await rejection(ipRawSockGroup.listenIP('ip4:icmp', v6))).cause.message).toBe(
      'address ::1: non-IPv4 address',
    )
    await expect(ipRawSockGroup.dialIP('ip4:icmp', null, v4, { signal: AbortSignal.abort(5) })).rejects.toBe(
      5,
    )
    const late = await rejection(ipRawSockGroup.dialIP('ip4:icmp', null, v4, { deadline: 1 }))
    expect([late.message, late.timeout]).toEqual(['dial ip4:icmp 127.0.0.1: i/o timeout', true])
  })

  test('are in the target', () => {
    expect(posix()).toMatchObject(ipRawSockGroup)
  })

  test.skipIf(!root)(raw('without the privilege are EPERM'), () => {
    const script = `
import { ipRawSockGroup } from '@net/posix'
import { IPAddr, parseIP } from '@net/addr'
process.setgroups([]); process.setgid(65534); process.setuid(65534)
const messages = []
const note = (e) => messages.push([e.message, e.code])
await ipRawSockGroup.listenIP('ip4:icmp', null).catch(note)
await ipRawSockGroup.dialIP('ip6:ipv6-icmp', null, new IPAddr(parseIP('::1'))).catch(note)
console.log(JSON.stringify(messages))`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual([
      ['listen ip4:icmp : socket: operation not permitted', 'EPERM'],
      ['dial ip6:ipv6-icmp ::1: socket: operation not permitted', 'EPERM'],
    ])
  })
})

test('payloadOffset() is that of an IPv4 packet, and 0 for what is none', () => {
  const packet = new Uint8Array(60)
  for (const [first, n, at] of [
    [0x45, 60, 20],
    [0x4f, 60, 60],
    [0x4f, 59, 0],
    [0x44, 60, 0],
    [0x65, 60, 0],
    [0x45, 19, 0],
  ] as const) {
    packet[0] = first
    expect(payloadOffset(packet, n)).toBe(at)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (p) => {
      expect(payloadOffset(p, p.byteLength)).toBeLessThanOrEqual(p.byteLength)
    }),
  )
})
