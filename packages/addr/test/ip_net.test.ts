import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { cidrMask, IP, IPMask, IPNet, ipv4Mask, parseCIDR, parseIP, type Addr } from '../src/index.ts'
import { expectError, runVectors, toHex } from './vectors.ts'

interface Out {
  ip: string
  ipStr: string
  netIP: string
  mask: string
  netStr: string
  ones: number
  bits: number
}

const words = fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff), fc.nat(0xffffffff), fc.nat(0xffffffff))

describe('parseCIDR()', () => {
  test('parseCIDR() gives what Go gives for every vector', () => {
    const count = runVectors<string, Out>('parse_cidr', (c) => {
      if (c.err !== null) {
        expectError(c, () => parseCIDR(c.in))
        return undefined
      }
      const { ip, net } = parseCIDR(c.in)
      const [ones, bits] = net.mask.size()
      const got = { ip: toHex(ip), ipStr: ip.toString(), netIP: toHex(net.ip), mask: toHex(net.mask) }
      expect({ ...got, netStr: net.toString(), ones, bits }, c.in).toEqual(c.out)
      return undefined
    })
    expect(count).toEqual({ ran: 206, refused: {} })
  })

  test('parseCIDR() reads what IPNet.toString() prints', () => {
    fc.assert(
      fc.property(words, fc.nat(128), ([a, b, c, d], ones) => {
        const ip = IP.fromUint32s(a, b, c, d)
        const { ip: whole, net } = parseCIDR(`${ip.toString()}/${ones}`)
        expect(whole).toEqual(ip)
        expect(parseCIDR(net.toString()).net).toEqual(net)
        expect(net.contains(ip)).toBe(true)
      }),
    )
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(32), (word, ones) => {
        const { net } = parseCIDR(`${IP.fromUint32(word).toString()}/${ones}`)
        expect(net.ip.byteLength).toBe(4)
        expect(parseCIDR(net.toString()).net).toEqual(net)
      }),
    )
  })
})

describe('IPNet', () => {
  test('IPNet.contains() is true exactly for addresses with the same leading bits', () => {
    const bits = (ip: IP) => Array.from(ip.to16().bytes(), (b) => b.toString(2).padStart(8, '0')).join('')
    fc.assert(
      fc.property(words, fc.nat(128), fc.nat(127), ([a, b, c, d], ones, flip) => {
        const ip = IP.fromUint32s(a, b, c, d)
        const mask = cidrMask(ones, 128)
        const flipped = ip.bytes()
        flipped[flip >>> 3] = (flipped[flip >>> 3] ?? 0) ^ (0x80 >>> (flip & 7))
        const x = IP.from(flipped)
        if (mask === null) throw new Error('a mask of 0 to 128 ones must exist')
        expect(new IPNet(ip, mask).contains(x)).toBe(bits(ip).slice(0, ones) === bits(x).slice(0, ones))
      }),
    )
  })

  test('IPNet.contains() takes IPv4 in either form', () => {
    const { net } = parseCIDR('192.0.2.0/24')
    expect(net.contains(IP.fromUint32(0xc00002ff))).toBe(true)
    expect(net.contains(IP.fromUint32(0xc00002ff).to16())).toBe(true)
    expect(net.contains(IP.fromUint32(0xc0000300))).toBe(false)
  })

  test('IPNet without an address, or with a mask that does not fit, prints <nil> and contains nothing', () => {
    const none = new IPNet(null, ipv4Mask(255, 0, 0, 0))
    const loopback = IP.fromUint32s(0, 0, 0, 1)
    const unfit = new IPNet(loopback, ipv4Mask(255, 0, 0, 0))
    const empty = new IPNet(loopback, IPMask.from([]))
    for (const net of [none, unfit, empty]) {
      expect(net.toString()).toBe('<nil>')
      expect(net.contains(loopback)).toBe(false)
    }
    expectTypeOf(none).not.toExtend<IPNet>()
    expectTypeOf(none).toExtend<Addr>()
    expectTypeOf(unfit).toExtend<IPNet>()
    expectTypeOf<IPNet['ip']>().toEqualTypeOf<IP>()
  })

  test('IPNet.toString() prints a mask with holes in hexadecimal', () => {
    const ip = parseIP('192.0.2.1')
    if (ip === null) throw new Error('192.0.2.1 must parse')
    expect(new IPNet(ip, ipv4Mask(255, 0, 255, 0)).toString()).toBe('192.0.2.1/ff00ff00')
    expect(new IPNet(ip, ipv4Mask(255, 0, 255, 0)).network).toBe('ip+net')
  })
})
