import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as addr from '../src/index.ts'
import { AddrError, IP, ipv4, parseIP } from '../src/index.ts'
import { expectRefusedIP, fromHex, isIPLength, runVectors, toHex } from './vectors.ts'

interface Classes {
  defaultMask: string | null
  to4: string | null
  to16: string | null
  str: string
  [predicate: string]: string | boolean | null
}

describe('IP', () => {
  test('the predicates, to4(), to16() and defaultMask() of IP give what Go gives for every vector', () => {
    const count = runVectors<string | null, Classes>('ip_classify', (c) => {
      if (!isIPLength(c.in)) return expectRefusedIP(c.in)
      const ip = IP.from(fromHex(c.in))
      const got: Classes = {
        unspecified: ip.isUnspecified,
        loopback: ip.isLoopback,
        private: ip.isPrivate,
        multicast: ip.isMulticast,
        interfaceLocalMulticast: ip.isInterfaceLocalMulticast,
        linkLocalMulticast: ip.isLinkLocalMulticast,
        linkLocalUnicast: ip.isLinkLocalUnicast,
        globalUnicast: ip.isGlobalUnicast,
        to4: toHex(ip.to4()),
        to16: toHex(ip.to16()),
        defaultMask: toHex(ip.defaultMask()),
        str: ip.toString(),
      }
      expect(got, c.in).toEqual(c.out)
      return undefined
    })
    // A nil IP, an empty one and those of odd lengths: there is no such IP.
    expect(count).toEqual({ ran: 252, refused: { 'odd-length': 39 } })
  })

  test('IP.toString() and IP.toJSON() give what Go gives for every vector', () => {
    const count = runVectors<string | null, { str: string; text: string | null }>('ip_string', (c) => {
      if (!isIPLength(c.in)) return expectRefusedIP(c.in)
      const ip = IP.from(fromHex(c.in))
      expect({ str: ip.toString(), text: ip.toJSON() }, c.in).toEqual({ str: c.out.str, text: c.out.text })
      return undefined
    })
    expect(count).toEqual({ ran: 210, refused: { empty: 1, 'odd-length': 16, 'odd-length-zero': 15 } })
  })

  test('IP.from() and IP.bytes() copy', () => {
    const bytes = Uint8Array.of(192, 0, 2, 1)
    const ip = IP.from(bytes)
    bytes[0] = 1
    ip.bytes()[1] = 1
    expect(ip.toString()).toBe('192.0.2.1')
    expect(ip.bytes()).toEqual(Uint8Array.of(192, 0, 2, 1))
  })

  test('IP.from() refuses what are not 4 or 16 bytes', () => {
    expect(() => IP.from([256, 0, 0, 1])).toThrow('address 256.0.0.1: invalid IP address')
    expect(() => IP.from([1, 2, 3, 0.5])).toThrow(AddrError)
    expect(() => IP.from([1, 2, 3, NaN])).toThrow(AddrError)
    expect(() => IP.from([1, 2, 3, -1])).toThrow(AddrError)
    expect(() => ipv4(1, 2, 3, 256)).toThrow('address 1.2.3.256: invalid IP address')
    // @ts-expect-error a text is no array of numbers
    expect(() => IP.from('1.2.3.4')).toThrow(TypeError)
  })

  test('IP.uint32() gives the words of the 16-byte form, whichever form it has', () => {
    for (const ip of [ipv4(255, 1, 2, 3), IP.fromUint32(0xff010203)]) {
      expect([ip.uint32(0), ip.uint32(1), ip.uint32(2), ip.uint32(3)]).toEqual([0, 0, 0xffff, 0xff010203])
    }
    const word = fc.nat(0xffffffff)
    fc.assert(
      fc.property(word, word, word, word, (a, b, c, d) => {
        const ip = IP.fromUint32s(a, b, c, d)
        expect([ip.uint32(0), ip.uint32(1), ip.uint32(2), ip.uint32(3)]).toEqual([a, b, c, d])
        expect(IP.from(ip.bytes())).toEqual(ip)
      }),
    )
  })

  test('IP.equal() and IP.compare() see one address in the two forms of IPv4', () => {
    const long = ipv4(192, 0, 2, 1)
    const short = IP.fromUint32(0xc0000201)
    expect(long.byteLength).toBe(16)
    expect(short.byteLength).toBe(4)
    expect(long.equal(short) && short.equal(long)).toBe(true)
    expect(long.compare(short)).toBe(0)
    expect(long.equal(null)).toBe(false)
  })

  test('IP.compare() orders as the 16 bytes do', () => {
    const ip = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((b) => IP.from(b))
    fc.assert(
      fc.property(ip, ip, (x, y) => {
        expect(x.compare(y)).toBe(Buffer.compare(x.bytes(), y.bytes()))
        expect(x.equal(y)).toBe(x.compare(y) === 0)
        expect(x.compare(x)).toBe(0)
      }),
    )
  })

  test.each([
    ['IPv4zero', '0.0.0.0'],
    ['IPv4bcast', '255.255.255.255'],
    ['IPv4allsys', '224.0.0.1'],
    ['IPv4allrouter', '224.0.0.2'],
    ['IPv6zero', '::'],
    ['IPv6unspecified', '::'],
    ['IPv6loopback', '::1'],
    ['IPv6interfacelocalallnodes', 'ff01::1'],
    ['IPv6linklocalallnodes', 'ff02::1'],
    ['IPv6linklocalallrouters', 'ff02::2'],
  ] as const)('%s is %s, in 16 bytes', (name, text) => {
    expect(addr[name].toString()).toBe(text)
    expect(addr[name]).toEqual(parseIP(text))
    expect(addr[name].byteLength).toBe(addr.IPv6len)
  })
})
