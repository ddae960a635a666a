import { readFileSync } from 'node:fs'
import { AddrError, IP, IPv6zero, parseIP } from '@net/addr'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { UDPHeader, udpHeaderSize, unmarshalUDPHeader } from '../src/index.ts'

interface Fields {
  raddr: string
  laddr: string
  ifcaddr: string
  rport: number
  lport: number
}

type Case =
  | { tag: string; in: Fields & { op: 'pack' }; out: string }
  | {
      tag: string
      in: { op: 'unpack'; bytes: string }
      out: Fields & { raddrStr: string; laddrStr: string; rest: string }
    }

const url = new URL('../../../test-data/vectors/udp_header.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: Case[] }

const ip = (hex: string) => IP.from(Buffer.from(hex, 'hex'))
const hex = (b: Uint8Array) => Buffer.from(b).toString('hex')

function header(f: Fields): UDPHeader {
  const addresses = { raddr: ip(f.raddr), laddr: ip(f.laddr), ifcaddr: ip(f.ifcaddr) }
  return new UDPHeader({ ...addresses, rport: f.rport, lport: f.lport })
}

const address = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((b) => IP.from(b))
const port = fc.nat(65535)
const headers = fc
  .record({ raddr: address, laddr: address, ifcaddr: address, rport: port, lport: port })
  .map((fields) => new UDPHeader(fields))

describe('UDPHeader', () => {
  test('UDPHeader.marshal() and unmarshalUDPHeader() give what Go gives for every vector', () => {
    let ran = 0
    for (const c of cases) {
      if (c.in.op === 'pack') {
        expect(hex(header(c.in).marshal()), c.tag).toBe(c.out)
      } else {
        const { header: h, payload } = unmarshalUDPHeader(Uint8Array.from(Buffer.from(c.in.bytes, 'hex')))
        const addresses = {
          raddr: hex(h.raddr.bytes()),
          laddr: hex(h.laddr.bytes()),
          ifcaddr: hex(h.ifcaddr.bytes()),
        }
        const texts = { raddrStr: h.raddr.toString(), laddrStr: h.laddr.toString() }
        expect({ ...addresses, ...texts, rport: h.rport, lport: h.lport, rest: hex(payload) }, c.tag).toEqual(
          c.out,
        )
      }
      ran++
    }
    expect(ran).toBe(83)
  })

  test('unmarshalUDPHeader() reads what UDPHeader.marshalInto() wrote, wherever it stands', () => {
    fc.assert(
      fc.property(headers, fc.nat(9), fc.uint8Array(), (h, offset, payload) => {
        const b = new Uint8Array(offset + udpHeaderSize + payload.length).fill(0xaa)
        b.set(payload, offset + udpHeaderSize)
        h.marshalInto(b, offset)
        expect(b.subarray(0, offset)).toEqual(new Uint8Array(offset).fill(0xaa))
        const read = unmarshalUDPHeader(b.subarray(offset))
        expect(read.header).toEqual(h)
        expect(read.payload).toEqual(payload)
      }),
    )
  })

  test('unmarshalUDPHeader() gives the payload as a view', () => {
    const b = new Uint8Array(udpHeaderSize + 1)
    const { payload } = unmarshalUDPHeader(b)
    b[udpHeaderSize] = 7
    expect(payload[0]).toBe(7)
    expect(payload.buffer).toBe(b.buffer)
    expectTypeOf(payload).toEqualTypeOf<Uint8Array<ArrayBuffer>>()
  })

  test('unmarshalUDPHeader() refuses less than 52 bytes', () => {
    for (const n of [0, 1, 51]) {
      expect(() => unmarshalUDPHeader(new Uint8Array(n))).toThrow(RangeError)
      expect(() => unmarshalUDPHeader(new Uint8Array(n))).toThrow('short read reading UDP header')
    }
    expect(unmarshalUDPHeader(new Uint8Array(52)).payload.byteLength).toBe(0)
  })

  test('UDPHeader.marshalInto() refuses where there is no room', () => {
    const h = unmarshalUDPHeader(new Uint8Array(52)).header
    for (const [length, offset] of [
      [51, 0],
      [52, 1],
      [104, -1],
      [104, 0.5],
      [104, NaN],
    ] as const) {
      const b = new Uint8Array(length).fill(0xaa)
      expect(() => h.marshalInto(b, offset)).toThrow(RangeError)
      expect(b).toEqual(new Uint8Array(length).fill(0xaa))
    }
  })

  test('UDPHeader writes IPv4 addresses of either form in 16 bytes', () => {
    const short = IP.fromUint32(0xc0000201)
    const h = new UDPHeader({ raddr: short, laddr: short.to16(), ifcaddr: IPv6zero, rport: 53, lport: 1024 })
    const b = h.marshal()
    expect(b.subarray(0, 16)).toEqual(b.subarray(16, 32))
    expect(unmarshalUDPHeader(b).header.raddr).toEqual(parseIP('192.0.2.1'))
  })

  test('UDPHeader refuses a port that is none', () => {
    const fields = { raddr: IPv6zero, laddr: IPv6zero, ifcaddr: IPv6zero }
    expect(() => new UDPHeader({ ...fields, rport: 65536, lport: 0 })).toThrow('address 65536: invalid port')
    expect(() => new UDPHeader({ ...fields, rport: 0, lport: -1 })).toThrow(AddrError)
    // @ts-expect-error a port is a number
    expect(() => new UDPHeader({ ...fields, rport: 0, lport: '53' })).toThrow(TypeError)
  })
})
