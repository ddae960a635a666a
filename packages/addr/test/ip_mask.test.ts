import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AddrError, cidrMask, IP, IPMask, IPNet, ipv4Mask } from '../src/index.ts'
import { expectRefusedIP, fromHex, isIPLength, refused, runVectors, toHex } from './vectors.ts'

type Hex = string | null
type In =
  | { op: 'mask'; ip: Hex; mask: Hex }
  | { op: 'maskSize' | 'maskString'; mask: Hex }
  | { op: 'cidrMask'; ones: number; bits: number }
  | { op: 'ipv4Mask'; a: number; b: number; c: number; d: number }
  | { op: 'contains'; ip: Hex; mask: Hex; x: Hex }
  | { op: 'netString'; ip: Hex; mask: Hex; nil?: boolean }
  | { op: 'equal'; a: Hex; b: Hex }

/** A nil mask is a mask of no bytes. */
function mask(hex: Hex): IPMask {
  return IPMask.from(fromHex(hex))
}

function run(input: In): unknown {
  switch (input.op) {
    case 'mask':
      if (!isIPLength(input.ip)) return expectRefusedIP(input.ip)
      return toHex(IP.from(fromHex(input.ip)).mask(mask(input.mask)))
    case 'maskSize': {
      const [ones, bits] = mask(input.mask).size()
      return { ones, bits }
    }
    case 'maskString':
      return mask(input.mask).toString()
    case 'cidrMask':
      return toHex(cidrMask(input.ones, input.bits))
    case 'ipv4Mask':
      return toHex(ipv4Mask(input.a, input.b, input.c, input.d))
    case 'contains':
      if (!isIPLength(input.ip)) return expectRefusedIP(input.ip)
      if (!isIPLength(input.x)) return expectRefusedIP(input.x)
      return new IPNet(IP.from(fromHex(input.ip)), mask(input.mask)).contains(IP.from(fromHex(input.x)))
    case 'netString':
      if (input.nil === true) {
        // @ts-expect-error there is no null of type IPNet
        const none: IPNet = null
        expect(none).toBeNull()
        return refused
      }
      if (input.ip === null || input.ip === '') return new IPNet(null, mask(input.mask)).toString()
      return new IPNet(IP.from(fromHex(input.ip)), mask(input.mask)).toString()
    case 'equal':
      if (!isIPLength(input.a)) return expectRefusedIP(input.a)
      if (input.b === null) return IP.from(fromHex(input.a)).equal(null)
      if (!isIPLength(input.b)) return expectRefusedIP(input.b)
      return IP.from(fromHex(input.a)).equal(IP.from(fromHex(input.b)))
  }
}

describe('IPMask', () => {
  test('IP.mask(), IP.equal(), IPMask, cidrMask(), ipv4Mask() and IPNet give what Go gives for every vector', () => {
    const count = runVectors<In, unknown>('ip_mask', (c) => {
      const got = run(c.in)
      if (got === refused) return refused
      expect(got, JSON.stringify(c.in)).toEqual(c.out)
      return undefined
    })
    // Addresses that are nil, empty or of odd length, and a nil pointer to an IPNet.
    const degenerate = { 'contains-degenerate': 3, 'netString-degenerate': 1 }
    expect(count).toEqual({ ran: 614, refused: { ...degenerate, equal: 44, 'mask-odd': 18 } })
  })

  test('IPMask.size() is the inverse of cidrMask()', () => {
    for (const bits of [32, 128]) {
      for (let ones = 0; ones <= bits; ones++) expect(cidrMask(ones, bits)?.size()).toEqual([ones, bits])
    }
  })

  test('IPMask.size() is [0, 0] exactly for masks with a hole', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (word) => {
        const bits = word.toString(2).padStart(32, '0')
        const [ones, length] = IPMask.from(IP.fromUint32(word).bytes()).size()
        if (/^1*0*$/.test(bits)) expect([ones, length]).toEqual([bits.replace(/0/g, '').length, 32])
        else expect([ones, length]).toEqual([0, 0])
      }),
    )
  })

  test('IPMask.from() and IPMask.bytes() copy', () => {
    const bytes = Uint8Array.of(255, 0, 0, 0)
    const m = IPMask.from(bytes)
    bytes[1] = 255
    m.bytes()[2] = 255
    expect(m.toString()).toBe('ff000000')
    expect(m.byteLength).toBe(4)
    expect([m.uint32(0), m.uint32(1)]).toEqual([0xff000000, 0])
  })

  test('IPMask.from() refuses what are no bytes', () => {
    expect(() => ipv4Mask(256, 0, 0, 0)).toThrow(AddrError)
    expect(() => ipv4Mask(256, 0, 0, 0)).toThrow('address 256.0.0.0: invalid IP mask')
    // @ts-expect-error a text is no array of numbers
    expect(() => IPMask.from('ffff')).toThrow(TypeError)
    expect(cidrMask(0.5, 32)).toBeNull()
    expect(cidrMask(NaN, 32)).toBeNull()
  })

  test('IPMask.toString() prints a mask of no bytes as <nil>', () => {
    expect(IPMask.from([]).toString()).toBe('<nil>')
    expect(IPMask.from([]).size()).toEqual([0, 0])
  })
})
