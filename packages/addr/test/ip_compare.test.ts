import { isIP } from 'node:net'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { parseIP } from '../src/index.ts'
import { vectors } from './vectors.ts'

/** What a parser takes a text for: 4, 6, or 0 for no address. */
function ours(text: string): number {
  return parseIP(text) === null ? 0 : text.includes(':') ? 6 : 4
}

function ipaddrjs(text: string): number {
  return ipaddr.isValid(text) ? (ipaddr.parse(text).kind() === 'ipv6' ? 6 : 4) : 0
}

interface Difference {
  reason: string
  ours: number
  theirs: number
  /** Which texts it is about, and examples. */
  texts: (text: string) => boolean
  examples: string[]
}

const withZone = (text: string) => text.includes('%')
const lastPart = (text: string) => text.slice(text.lastIndexOf(':') + 1)

const fromIsIP: Difference[] = [
  {
    reason: 'node:net takes a zone for part of an IPv6 address; ours is without (parseIPZone reads zones)',
    ours: 0,
    theirs: 6,
    texts: withZone,
    examples: ['fe80::1%eth0', '::1.2.3.4%1', '::1%a:b'],
  },
]

const fromIpaddrjs: Difference[] = [
  {
    reason: 'ipaddr.js takes a zone for part of an IPv6 address',
    ours: 0,
    theirs: 6,
    texts: withZone,
    examples: ['fe80::1%eth0', '::ffff:1.2.3.4%1'],
  },
  {
    reason:
      'ipaddr.js reads IPv4 as inet_aton does: octal and hexadecimal numbers, leading zeros, less than four parts',
    ours: 0,
    theirs: 4,
    texts: (text) => /^(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){0,3}$/i.test(text),
    examples: ['127.1', '010.1.1.1', '0x7f.0.0.1', '2130706433', '1.2.3.04'],
  },
  {
    reason:
      'ipaddr.js reads the four numbers at the end of an IPv6 address as it reads IPv4: octal and hexadecimal, leading zeros',
    ours: 0,
    theirs: 6,
    texts: (text) => /^(?:(?:0x[0-9a-f]+|\d+)\.){3}(?:0x[0-9a-f]+|\d+)$/i.test(lastPart(text)),
    examples: ['::0001.2.3.4', '::ffff:01.2.3.4', '0::0x1.0.0.0'],
  },
]

const part = fc.oneof(fc.nat(300).map(String), fc.constantFrom('', '0', '00', '01', '0x1', '256', '1a'))
const four = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.'))
const hex = fc.nat(0xffff).map((n) => n.toString(16))
const group = fc.oneof(hex, hex, fc.constantFrom('', '', '0', '00000', 'FFFF', 'g', '10000'), fc.ipV4(), four)
const suffix = fc.constantFrom('', '', '', '%', '%1', '%eth0', '%a b', '%a:b', '/64', ' ')
const six = fc
  .tuple(fc.array(group, { minLength: 1, maxLength: 9 }), suffix)
  .map(([groups, end]) => groups.join(':') + end)
const text = fc.oneof(four, six, fc.ipV6(), fc.ipV4(), fc.ipV4Extended(), fc.string())

describe.each([
  ["node:net's isIP()", isIP, fromIsIP],
  ['ipaddr.js', ipaddrjs, fromIpaddrjs],
] as const)('parseIP() and %s', (_name, theirs, differences) => {
  const explained = (s: string) =>
    differences.some((d) => ours(s) === d.ours && theirs(s) === d.theirs && d.texts(s))

  test.each(differences)('differ: $reason', (d) => {
    for (const s of d.examples)
      expect([s, ours(s), theirs(s), d.texts(s)]).toEqual([s, d.ours, d.theirs, true])
  })

  test('agree on every vector but for the listed differences', () => {
    const cases = vectors<string, unknown>('parse_ip').cases.map((c) => c.in)
    expect(cases.filter((s) => ours(s) !== theirs(s) && !explained(s))).toEqual([])
    expect(cases.filter((s) => ours(s) === theirs(s)).length).toBeGreaterThan(600)
  })

  test('agree on generated texts but for the listed differences', () => {
    fc.assert(
      fc.property(text, (s) => ours(s) === theirs(s) || explained(s)),
      { numRuns: 20_000 },
    )
  })
})

describe('the bytes of an address', () => {
  /** ipaddr.js turns dotted decimal after '::' alone, RFC 4291's IPv4-compatible form, into the mapped form. */
  const compatible = (s: string) => /^::\d+\.\d+\.\d+\.\d+$/.test(s)
  const bytes = (s: string) => {
    const ip = parseIP(s)
    return s.includes(':') ? ip?.bytes() : ip?.to4()?.bytes()
  }

  test('are those that ipaddr.js reads, but for IPv4-compatible addresses', () => {
    fc.assert(
      fc.property(text, (s) => {
        if (ours(s) === 0 || compatible(s)) return
        expect(bytes(s)).toEqual(Uint8Array.from(ipaddr.parse(s).toByteArray()))
      }),
      { numRuns: 20_000 },
    )
  })

  test('differ for IPv4-compatible addresses: ipaddr.js makes them IPv4-mapped', () => {
    expect(compatible('::1.2.3.4')).toBe(true)
    expect(parseIP('::1.2.3.4')?.toString()).toBe('::102:304')
    expect(ipaddr.parse('::1.2.3.4').toString()).toBe('::ffff:102:304')
  })
})
