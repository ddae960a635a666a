import fc from 'fast-check'
import { IP } from '@net/addr'
import type { DNSMessage } from '../src/dns/message.ts'
import { CLASS_IN, RRType, type RR, type RRData } from '../src/dns/rr.ts'

const uint8 = fc.nat(0xff)
const uint16 = fc.nat(0xffff)
const uint32 = fc.nat(0xffffffff)

const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/)

/** Names with a dot at the end; few labels, so that they share suffixes. */
export const names = fc
  .array(fc.oneof(label, fc.constantFrom('example', 'com', 'net')), { maxLength: 5 })
  .map((labels) => (labels.length === 0 ? '.' : labels.join('.') + '.'))

const bytes = fc.uint8Array({ maxLength: 40 })

const data: fc.Arbitrary<[number, RRData]> = fc.oneof(
  uint32.map((n): [number, RRData] => [RRType.A, { kind: 'A', ip: IP.fromUint32(n) }]),
  fc
    .tuple(uint32, uint32, uint32, uint32)
    .map((w): [number, RRData] => [RRType.AAAA, { kind: 'AAAA', ip: IP.fromUint32s(...w) }]),
  fc
    .tuple(fc.constantFrom('CNAME' as const, 'NS' as const, 'PTR' as const), names)
    .map(([kind, target]): [number, RRData] => [RRType[kind], { kind, target }]),
  fc
    .tuple(uint16, names)
    .map(([pref, target]): [number, RRData] => [RRType.MX, { kind: 'MX', pref, target }]),
  fc
    .tuple(uint16, uint16, uint16, names)
    .map(([priority, weight, port, target]): [number, RRData] => [
      RRType.SRV,
      { kind: 'SRV', priority, weight, port, target },
    ]),
  fc
    .tuple(names, names, uint32, uint32)
    .map(([ns, mbox, serial, minTTL]): [number, RRData] => [
      RRType.SOA,
      { kind: 'SOA', ns, mbox, serial, refresh: 1, retry: 2, expire: 3, minTTL },
    ]),
  fc
    .array(bytes, { minLength: 1, maxLength: 3 })
    .map((strings): [number, RRData] => [RRType.TXT, { kind: 'TXT', strings }]),
  fc
    .tuple(uint8, label, bytes)
    .map(([flags, tag, value]): [number, RRData] => [RRType.CAA, { kind: 'CAA', flags, tag, value }]),
  bytes.map((b): [number, RRData] => [65400, { kind: 'unknown', bytes: b }]),
)

const record: fc.Arbitrary<RR> = fc
  .tuple(names, uint32, data)
  .map(([name, ttl, [type, content]]) => ({ name, type, class: CLASS_IN, ttl, data: content }))

const section = fc.array(record, { maxLength: 4 })

/** Whole messages of every kind of record. */
export const messages: fc.Arbitrary<DNSMessage> = fc.record({
  id: uint16,
  response: fc.boolean(),
  opcode: fc.nat(15),
  authoritative: fc.boolean(),
  truncated: fc.boolean(),
  recursionDesired: fc.boolean(),
  recursionAvailable: fc.boolean(),
  authenticData: fc.boolean(),
  checkingDisabled: fc.boolean(),
  rcode: fc.nat(15),
  questions: fc.array(fc.record({ name: names, type: uint16, class: fc.constant(CLASS_IN) }), {
    maxLength: 2,
  }),
  answers: section,
  authorities: section,
  additionals: section,
})
