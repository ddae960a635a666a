import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { AddrError, IP, parseIP, UDPAddr } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { packetABI, packetABIs, type PacketABI } from '../src/abi/ip.ts'
import { abi } from '../src/abi/system.ts'
import { controlMessages, marshalControl } from '../src/wire/cmsg.ts'
import { parseExtendedError } from '../src/wire/error_queue.ts'
import { socketOptionTable, type OptionName } from '../src/option/option.ts'
import { marshalPacketControl, parsePacketInfo } from '../src/wire/packet_info.ts'
import { arches, constants, offset, struct, systems } from './constants.ts'

const check = ledger(keepLeaks())
afterAll(check)

function tableOf(name: string): PacketABI {
  const table = new Map<string, PacketABI>(Object.entries(packetABIs)).get(name)
  if (table === undefined) throw new Error(`no table of ${name}`)
  return table
}

function numbers(table: PacketABI): [string, number][] {
  return Object.entries(table).filter((entry): entry is [string, number] => /^[A-Z]/.test(entry[0]))
}

// What Go's syscall package does not name, or names by what RFC 3542 replaced, and where the number is from instead.
const elsewhere: Record<string, RegExp> = {
  linux: /^(MCAST_.*|UDP_.*|IP_RECVPKTINFO)$/, // linux/in.h, linux/udp.h; IP_PKTINFO is both
  darwin: /^(MCAST_.*|IPV6_(RECV)?PKTINFO|IPV6_(RECV)?HOPLIMIT|IP_RECVTOS)$/, // netinet/in.h, netinet6/in6.h
  freebsd: /^MCAST_.*$/, // netinet/in.h
  openbsd: /^$/,
}

describe.each(Object.keys(systems))('the numbers for packets of %s', (name) => {
  test.each(arches)('are those of Go on %s', (arch) => {
    const known = constants(name, arch).constants
    const missing: string[] = []
    for (const [key, value] of numbers(tableOf(name))) {
      if (value === 0) continue
      if (key in known) expect(value, key).toBe(known[key])
      else missing.push(key)
    }
    for (const key of missing) expect(key).toMatch(elsewhere[name] ?? /^$/)
  })

  test('are those of the socket options', () => {
    for (const [key, value] of numbers(tableOf(name))) {
      if (!(key in socketOptionTable) || value === 0) continue
      const row = socketOptionTable[key as OptionName].numbers as Record<string, number | undefined>
      if (row[name] !== undefined) expect(value, key).toBe(row[name])
    }
  })

  test.each(arches)('in6_pktinfo and ipv6_mreq have the layout that is written on %s', (arch) => {
    const info = struct(name, arch, 'Inet6Pktinfo')
    expect([info.size, offset(info, 'Addr'), offset(info, 'Ifindex')]).toEqual([20, 0, 16])
    const request = struct(name, arch, 'IPv6Mreq')
    expect([request.size, offset(request, 'Interface')]).toEqual([20, 16])
    const request4 = struct(name, arch, 'IPMreq')
    expect([request4.size, offset(request4, 'Interface')]).toEqual([8, 4])
  })
})

describe.each(['linux', 'darwin'])('in_pktinfo of %s', (name) => {
  test.each(arches)('has the layout that is written on %s', (arch) => {
    const s = struct(name, arch, 'Inet4Pktinfo')
    expect([s.size, offset(s, 'Ifindex'), offset(s, 'Spec_dst'), offset(s, 'Addr')]).toEqual([12, 0, 4, 8])
  })
})

describe.each(['linux', 'freebsd'])('ip_mreqn of %s', (name) => {
  test.each(arches)('has the layout that is written on %s', (arch) => {
    const s = struct(name, arch, 'IPMreqn')
    expect([s.size, offset(s, 'Address'), offset(s, 'Ifindex')]).toEqual([12, 4, 8])
  })
})

const to4 = new UDPAddr(parseIP('192.0.2.1'), 1)
const to6 = new UDPAddr(parseIP('2001:db8::1'), 1)

test('marshalPacketControl() writes the family of the receiver, and nothing for what is absent', () => {
  expect(marshalPacketControl({}, to4).byteLength).toBe(0)
  const all = { interfaceIndex: 3, ttl: 4, tos: 5, segmentSize: 6 }
  const kinds = (to: UDPAddr, source: IP | null): number[][] =>
    [...controlMessages(marshalPacketControl({ ...all, source }, to))].map((m) => [m.level, m.type])
  const segment = [abi.IPPROTO_UDP, packetABI.UDP_SEGMENT]
  const v4 = [packetABI.IP_PKTINFO, packetABI.IP_TTL, packetABI.IP_TOS].map((type) => [abi.IPPROTO_IP, type])
  expect(kinds(to4, to4.ip)).toEqual([...v4, segment])
  const v6 = [packetABI.IPV6_PKTINFO, packetABI.IPV6_HOPLIMIT, packetABI.IPV6_TCLASS]
  expect(kinds(to6, to6.ip)).toEqual([...v6.map((type) => [abi.IPPROTO_IPV6, type]), segment])
})

test('marshalPacketControl() refuses a source of another family and a segment of no size', () => {
  expect(() => marshalPacketControl({ source: to6.ip }, to4)).toThrow(AddrError)
  expect(() => marshalPacketControl({ source: to4.ip }, to6)).toThrow(AddrError)
  for (const segmentSize of [-1, 65536, 1.5]) {
    expect(() => marshalPacketControl({ segmentSize }, to4)).toThrow(RangeError)
  }
})

const level = fc.constantFrom(abi.IPPROTO_IP, abi.IPPROTO_IPV6, abi.IPPROTO_UDP, abi.SOL_SOCKET)
const type = fc.oneof(
  fc.integer({ min: 0, max: 120 }),
  fc.constantFrom(...numbers(packetABI).map(([, n]) => n)),
)

test('parsePacketInfo() and parseExtendedError() give numbers and addresses, or nothing, for any messages', () => {
  const messages = fc.array(fc.record({ level, type, data: fc.uint8Array({ maxLength: 48 }) }), {
    maxLength: 6,
  })
  fc.assert(
    fc.property(messages, fc.nat(300), (put, cut) => {
      const oob = marshalControl(put).subarray(0, cut)
      const info = parsePacketInfo(oob)
      for (const n of [info.ttl, info.tos, info.interfaceIndex, info.segmentSize]) {
        if (n !== undefined) expect(Number.isInteger(n)).toBe(true)
      }
      if (info.destination !== undefined) expect(info.destination).toBeInstanceOf(IP)
      const e = parseExtendedError(oob)
      if (e !== null) {
        expect(e.error.message.length).toBeGreaterThan(0)
        expect(e.offender === null || e.offender instanceof IP).toBe(true)
      }
    }),
  )
})

test('parsePacketInfo() and parseExtendedError() take any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (oob) => {
      parsePacketInfo(oob)
      parseExtendedError(oob)
    }),
  )
})

test('parseExtendedError() reads struct sock_extended_err with the offender behind it', () => {
  const data = new Uint8Array(16 + 28)
  const view = new DataView(data.buffer)
  view.setUint32(0, abi.errno.EHOSTUNREACH, true)
  data.set([3, 1, 4], 4) // origin, type, code
  view.setUint32(8, 1280, true)
  view.setUint16(16, abi.AF_INET6, true)
  data.set(parseIP('2001:db8::7')?.bytes() ?? [], 24)
  const oob = marshalControl([{ level: abi.IPPROTO_IPV6, type: packetABI.IPV6_RECVERR, data }])
  const e = parseExtendedError(oob)
  expect(e).toMatchObject({ origin: 'icmp6', type: 1, code: 4, info: 1280 })
  expect([e?.error.message, e?.offender?.toString()]).toEqual(['no route to host', '2001:db8::7'])
  data[4] = 9
  const other = parseExtendedError(
    marshalControl([{ level: abi.IPPROTO_IP, type: packetABI.IP_RECVERR, data }]),
  )
  expect(other?.origin).toBe('other')
})
