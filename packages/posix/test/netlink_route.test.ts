import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import {
  parseLink,
  parseLinkAddr,
  parseRoute,
  rtm,
  SizeofIfAddrmsg,
  SizeofIfInfomsg,
  SizeofRtMsg,
  SizeofRtNexthop,
} from '../src/wire/netlink_route.ts'
import { arches, constants } from './constants.ts'
import { attribute, concat, garbage, text, uint32 } from './netlink_bytes.ts'

const check = ledger(keepLeaks())
afterAll(check)

const AF_INET = 2
const AF_BRIDGE = 7
const AF_INET6 = 10

test.each(arches)('the numbers and sizes of rtnetlink are those of linux/%s', (arch) => {
  const known = constants('linux', arch).constants
  for (const [name, value] of Object.entries(rtm)) expect([name, value]).toEqual([name, known[name]])
  expect(SizeofIfInfomsg).toBe(known.SizeofIfInfomsg)
  expect(SizeofIfAddrmsg).toBe(known.SizeofIfAddrmsg)
  expect(SizeofRtMsg).toBe(known.SizeofRtMsg)
  expect(SizeofRtNexthop).toBe(known.SizeofRtNexthop)
})

describe('parseLink()', () => {
  const head = (family = 0, type = 1): Uint8Array =>
    Uint8Array.of(family, 0, type & 0xff, type >> 8, ...uint32(7), ...uint32(0x11043), ...uint32(0))
  const named = [attribute(3, text('eth0')), attribute(4, uint32(1500))]
  const mac = [2, 0, 0, 0, 0, 1]

  test('reads index, name, MTU, hardware address and flags', () => {
    const link = parseLink(concat([head(), ...named, attribute(1, mac)]))
    expect(link).toMatchObject({ index: 7, name: 'eth0', mtu: 1500, flags: 0x11043 })
    expect(String(link?.hardwareAddr)).toBe('02:00:00:00:00:01')
  })

  test('gives null for a hardware address of zeros or none', () => {
    expect(parseLink(concat([head(), ...named, attribute(1, [0, 0, 0, 0, 0, 0])]))?.hardwareAddr).toBe(null)
    expect(parseLink(concat([head(), ...named]))?.hardwareAddr).toBe(null)
  })

  test('takes the IP address that a tunnel tells for none', () => {
    const ip4 = [192, 0, 2, 1]
    const ip6 = Array.from({ length: 16 }, (_, i) => i + 1)
    for (const type of [768, 776, 778]) {
      expect(parseLink(concat([head(0, type), ...named, attribute(1, ip4)]))?.hardwareAddr).toBe(null)
    }
    for (const type of [769, 823]) {
      expect(parseLink(concat([head(0, type), ...named, attribute(1, ip6)]))?.hardwareAddr).toBe(null)
    }
    const other = parseLink(concat([head(0, 769), ...named, attribute(1, ip4)]))
    expect(String(other?.hardwareAddr)).toBe('c0:00:02:01')
  })

  test('passes over ports of bridges and events of wireless drivers', () => {
    expect(parseLink(concat([head(AF_BRIDGE), ...named]))).toBe(null)
    expect(parseLink(concat([head(), ...named, attribute(11, [1, 2, 3, 4])]))).toBe(null)
  })
})

describe('parseLinkAddr()', () => {
  const head = (family: number, prefix: number): Uint8Array =>
    Uint8Array.of(family, prefix, 0x80, 0, ...uint32(3))

  test('reads the address with its mask', () => {
    const v4 = parseLinkAddr(
      concat([head(AF_INET, 8), attribute(1, [10, 0, 0, 1]), attribute(2, [10, 0, 0, 1])]),
    )
    expect([v4?.index, String(v4?.addr)]).toEqual([3, '10.0.0.1/8'])
    const v6 = parseLinkAddr(
      concat([head(AF_INET6, 64), attribute(1, [0xfe, 0x80, ...new Uint8Array(13), 1])]),
    )
    expect(String(v6?.addr)).toBe('fe80::1/64')
  })

  test("gives a point-to-point link's own address and not the peer's", () => {
    const a = parseLinkAddr(
      concat([head(AF_INET, 32), attribute(1, [10, 0, 0, 2]), attribute(2, [10, 0, 0, 1])]),
    )
    expect(String(a?.addr)).toBe('10.0.0.1/32')
  })

  test('gives null for other families, impossible prefixes and lengths', () => {
    expect(parseLinkAddr(concat([head(0, 8), attribute(1, [10, 0, 0, 1])]))).toBe(null)
    expect(parseLinkAddr(concat([head(AF_INET, 33), attribute(1, [10, 0, 0, 1])]))).toBe(null)
    expect(parseLinkAddr(concat([head(AF_INET, 8), attribute(1, [10, 0, 0])]))).toBe(null)
    expect(parseLinkAddr(concat([head(AF_INET6, 8), attribute(1, [10, 0, 0, 1])]))).toBe(null)
    expect(parseLinkAddr(head(AF_INET, 8))).toBe(null)
  })
})

describe('parseRoute()', () => {
  const head = (family: number, prefix: number, type = 1, flags = 0, table = 254): Uint8Array =>
    Uint8Array.of(family, prefix, 0, 0, table, 3, 0, type, ...uint32(flags))

  function route(...parts: Uint8Array[]): unknown {
    const r = parseRoute(concat(parts))
    return r === null
      ? null
      : (JSON.parse(JSON.stringify({ ...r, destination: String(r.destination) })) as unknown)
  }

  test('reads a default route', () => {
    const attributes = [attribute(5, [10, 0, 0, 1]), attribute(4, uint32(2)), attribute(6, uint32(100))]
    expect(route(head(AF_INET, 0), ...attributes)).toEqual({
      destination: '0.0.0.0/0',
      type: 'unicast',
      nextHops: [{ index: 2, gateway: '10.0.0.1', weight: 1 }],
      source: null,
      table: 254,
      metric: 100,
    })
    expect(route(head(AF_INET6, 0))).toMatchObject({ destination: '::/0', nextHops: [] })
  })

  test('reads tables beyond 255 and the source address', () => {
    const attributes = [
      attribute(1, [10, 1, 0, 0]),
      attribute(15, uint32(70000)),
      attribute(7, [10, 0, 0, 3]),
    ]
    expect(route(head(AF_INET, 16, 6, 0, 252), ...attributes)).toMatchObject({
      destination: '10.1.0.0/16',
      type: 'blackhole',
      source: '10.0.0.3',
      table: 70000,
    })
  })

  test('reads several next hops and a router of the other family', () => {
    const via = attribute(18, [AF_INET6, 0, 0xfd, ...new Uint8Array(14), 1])
    const first = [...attribute(5, [10, 0, 0, 1])]
    const hops = [8 + first.length, 0, 0, 4, ...uint32(2), ...first]
    const second = [8 + via.byteLength, 0, 0, 0, ...uint32(3), ...via]
    expect(route(head(AF_INET, 0), attribute(9, [...hops, ...second]))).toMatchObject({
      nextHops: [
        { index: 2, gateway: '10.0.0.1', weight: 5 },
        { index: 3, gateway: 'fd00::1', weight: 1 },
      ],
    })
    for (const length of [0, 7, 9 + first.length, 255]) {
      hops[0] = length
      expect(route(head(AF_INET, 0), attribute(9, hops))).toBe(null)
    }
  })

  test('passes over cached entries and other families; a type it has no word for is other', () => {
    expect(route(head(AF_INET, 0, 1, 0x200))).toBe(null)
    expect(route(head(28, 0))).toBe(null)
    expect(route(head(AF_INET, 0, 200))).toMatchObject({ type: 'other' })
  })
})

test('the parsers read or refuse any bytes, and never look outside of them', () => {
  const attributes = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.uint8Array({ maxLength: 40 })), { maxLength: 6 })
    .map((all) => concat(all.map(([type, value]) => attribute(type, value))))
  const valid = fc
    .tuple(fc.constantFrom(0, AF_INET, AF_INET6), fc.uint8Array({ minLength: 15, maxLength: 15 }), attributes)
    .chain(([family, rest, tail]) =>
      fc.constantFrom(8, 12, 16).map((n) => concat([Uint8Array.of(family, ...rest).subarray(0, n), tail])),
    )
  fc.assert(
    fc.property(garbage(valid), (b) => {
      // A copy has nothing around it that could be read by mistake.
      const copy = b.slice()
      expect(parseLink(b)).toEqual(parseLink(copy))
      expect(parseLinkAddr(b)).toEqual(parseLinkAddr(copy))
      expect(parseRoute(b)).toEqual(parseRoute(copy))
    }),
    { numRuns: 2000 },
  )
})
