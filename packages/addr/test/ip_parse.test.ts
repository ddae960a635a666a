import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IP, IPv6loopback, ParseError, parseIP, parseIPZone, unmarshalIP } from '../src/index.ts'
import { expectError, runVectors, toHex, vectors } from './vectors.ts'

const uint32 = fc.nat(0xffffffff)
const sparse = fc.oneof(fc.constant(0), fc.constant(0xffff), fc.constant(0x10000), uint32)

describe('parseIP()', () => {
  test('parseIP() gives what Go gives for every vector', () => {
    const count = runVectors<string, { hex: string; str: string } | null>('parse_ip', (c) => {
      const ip = parseIP(c.in)
      const got = ip === null ? null : { hex: toHex(ip), str: ip.toString() }
      expect(got, JSON.stringify(c.in)).toEqual(c.out)
      return undefined
    })
    expect(count).toEqual({ ran: 674, refused: {} })
  })

  test('parseIP() reads what IP.toString() prints, for IPv4', () => {
    fc.assert(
      fc.property(uint32, (word) => {
        const ip = IP.fromUint32(word)
        const back = parseIP(ip.toString())
        expect(back?.byteLength).toBe(16)
        expect(back?.to4()).toEqual(ip)
      }),
      { numRuns: 2000 },
    )
  })

  test('parseIP() reads what IP.toString() prints, for IPv6', () => {
    fc.assert(
      fc.property(sparse, sparse, sparse, sparse, (a, b, c, d) => {
        const ip = IP.fromUint32s(a, b, c, d)
        expect(parseIP(ip.toString())).toEqual(ip)
        expect(parseIP(ip.toString().toUpperCase())).toEqual(ip)
      }),
      { numRuns: 5000 },
    )
  })

  test('parseIP() accepts only texts that print as themselves or a longer spelling of the same address', () => {
    const piece = fc.constantFrom('0', '1', 'ffff', '00ab', 'g', ':', '::', '.', '255', '256', '%', ' ')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 18 }), (pieces) => {
        const ip = parseIP(pieces.join(''))
        if (ip !== null) expect(parseIP(ip.toString())).toEqual(ip)
      }),
      { numRuns: 20_000 },
    )
  })

  test('parseIP() gives null for texts that are as long as one likes', () => {
    expect(parseIP('1'.repeat(1e6))).toBeNull()
    expect(parseIP(`::${'0'.repeat(1e6)}`)).toBeNull()
    expect(parseIP('0:'.repeat(1e6))).toBeNull()
  })
})

describe('parseIPZone()', () => {
  test('parseIPZone() takes a zone off an IPv6 address', () => {
    expect(parseIPZone('::1')).toEqual({ ip: IPv6loopback, zone: '' })
    expect(parseIPZone('::1%eth0')).toEqual({ ip: IPv6loopback, zone: 'eth0' })
    expect(parseIPZone('::1%a%b:c')).toEqual({ ip: IPv6loopback, zone: 'a%b:c' })
    expect(parseIPZone('::ffff:192.0.2.1%2')).toEqual({ ip: parseIP('192.0.2.1'), zone: '2' })
    expect(parseIPZone('192.0.2.1')?.zone).toBe('')
  })

  test.each(['', '%', '::1%', '%eth0', '192.0.2.1%eth0', '192.0.2.1%a:b', 'host%eth0', ':1%eth0'])(
    'parseIPZone() gives null for %j',
    (text) => {
      expect(parseIPZone(text)).toBeNull()
    },
  )

  test('parseIPZone() agrees with parseIP() on every text without a zone', () => {
    const texts = vectors<string, unknown>('parse_ip').cases.map((c) => c.in)
    for (const text of texts)
      if (!text.includes('%')) expect(parseIPZone(text)?.ip ?? null).toEqual(parseIP(text))
  })
})

describe('unmarshalIP()', () => {
  test('unmarshalIP() gives what Go gives for every vector', () => {
    const count = runVectors<string, { hex: string | null }>('ip_unmarshal_text', (c) => {
      if (c.err !== null) expectError(c, () => unmarshalIP(c.in))
      else expect(toHex(unmarshalIP(c.in)), c.in).toBe(c.out.hex)
      return undefined
    })
    expect(count).toEqual({ ran: 32, refused: {} })
  })

  test('unmarshalIP() reads back what JSON.stringify() made of an IP', () => {
    const text = JSON.stringify({ ip: IP.fromUint32(0xc0000201) })
    expect(text).toBe('{"ip":"192.0.2.1"}')
    expect(unmarshalIP((JSON.parse(text) as { ip: string }).ip)?.toString()).toBe('192.0.2.1')
    expect(() => unmarshalIP('nowhere')).toThrow(ParseError)
  })
})
