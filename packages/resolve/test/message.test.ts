import * as packet from 'dns-packet'
import fc from 'fast-check'
import { ipv4, parseIP } from '@net/addr'
import { expect, test } from 'vitest'
import { decodeDNSMessage, encodeDNSMessage, encodeQuery, type DNSMessage } from '../src/dns/message.ts'
import { CLASS_IN, RRType, type RR, type RRData } from '../src/dns/rr.ts'
import { DNSMessageError } from '../src/dns/wire_reader.ts'
import { messages, names } from './arbitrary.ts'
import { emptyReply } from './empty_reply.ts'
import { vectors } from './vectors.ts'

interface In {
  op: 'query' | 'parse'
  name?: string
  type?: number
  ad?: boolean
  hex?: string
}

const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex')
const unhex = (s: string): Uint8Array => Uint8Array.from(Buffer.from(s, 'hex'))

/** A record in the form of the vectors. SVCB, HTTPS and CAA are bytes there. */
function printed(message: Uint8Array, record: RR): unknown {
  const { data, ...header } = record
  switch (data.kind) {
    case 'A':
      return { ...header, ip: data.ip.toString() }
    case 'AAAA':
      return { ...header, ip: data.ip.toString(), hex: hex(data.ip.bytes()) }
    case 'TXT':
      return { ...header, txt: data.strings.map((s) => Buffer.from(s).toString()) }
    case 'OPT':
      return { ...header, options: data.options }
    case 'SOA': {
      const { kind: _, minTTL, ...rest } = data
      return { ...header, ...rest, minttl: minTTL }
    }
    case 'unknown':
      return { ...header, hex: hex(data.bytes) }
    default: {
      const { kind: _, ...rest } = data
      return { ...header, ...rest }
    }
  }
}

function normalized(bytes: Uint8Array, m: DNSMessage): unknown {
  const print = (records: readonly RR[]): unknown[] => records.map((r) => printed(bytes, r))
  return {
    ...m,
    answers: print(m.answers),
    authorities: print(m.authorities),
    additionals: print(m.additionals),
  }
}

const cases = vectors<In, unknown>('dns_wire')

test.each(cases.filter((c) => c.in.op === 'query'))(
  'encodeQuery($in.name, $in.type) gives the bytes of Go ($tag)',
  (v) => {
    const { name = '', type = 0, ad = false } = v.in
    if (v.err !== null) {
      expect(() => encodeQuery(0, name, type, ad)).toThrow(DNSMessageError)
      return
    }
    const { stream, packet } = encodeQuery(0, name, type, ad)
    expect({ tcp: hex(stream), udp: hex(packet) }).toEqual(v.out)
  },
)

test.each(cases.filter((c) => c.in.op === 'parse'))(
  'decodeDNSMessage() reads $in.hex as Go does ($tag)',
  (v) => {
    const bytes = unhex(v.in.hex ?? '')
    if (v.err !== null) expect(() => decodeDNSMessage(bytes)).toThrow(DNSMessageError)
    else expect(normalized(bytes, decodeDNSMessage(bytes))).toEqual(v.out)
  },
)

function answer(type: number, data: RRData, name = 'host.example.'): DNSMessage {
  return { ...emptyReply, answers: [{ name, type, class: CLASS_IN, ttl: 60, data }] }
}

test('decodeDNSMessage() throws nothing but DNSMessageError and ends, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeDNSMessage(bytes)
      } catch (e) {
        expect(e).toBeInstanceOf(DNSMessageError)
      }
    }),
    { numRuns: 5000 },
  )
})

test('decodeDNSMessage() copes with damage anywhere in a good message', () => {
  fc.assert(
    fc.property(messages, fc.nat(), fc.nat(255), fc.nat(), (message, at, byte, cut) => {
      const bytes = encodeDNSMessage(message)
      bytes[at % bytes.length] = byte
      try {
        decodeDNSMessage(bytes.subarray(0, 1 + (cut % (2 * bytes.length))))
      } catch (e) {
        expect(e).toBeInstanceOf(DNSMessageError)
      }
    }),
    { numRuns: 3000 },
  )
})

test('decodeDNSMessage() gives back what encodeDNSMessage() wrote', () => {
  fc.assert(
    fc.property(messages, (message) => {
      expect(decodeDNSMessage(encodeDNSMessage(message))).toEqual(message)
    }),
    { numRuns: 1000 },
  )
})

test('dns-packet reads what encodeDNSMessage() wrote', () => {
  fc.assert(
    fc.property(messages, (message) => {
      const theirs = packet.decode(Buffer.from(encodeDNSMessage(message)))
      expect(theirs.id).toBe(message.id)
      const theirNames = [...(theirs.answers ?? []), ...(theirs.authorities ?? [])].map((r) => r.name)
      const ourNames = [...message.answers, ...message.authorities].map((r) => r.name.slice(0, -1) || '.')
      expect(theirNames).toEqual(ourNames)
      const address = (r: packet.Answer | undefined): unknown => (r?.type === 'A' ? r.data : undefined)
      message.answers.forEach((r, i) => {
        if (r.data.kind === 'A') expect(address(theirs.answers?.[i])).toBe(r.data.ip.toString())
      })
    }),
    { numRuns: 500 },
  )
})

test('decodeDNSMessage() reads what dns-packet wrote', () => {
  const bytes = packet.encode({
    type: 'response',
    id: 7,
    flags: packet.AUTHORITATIVE_ANSWER,
    questions: [{ type: 'A', name: 'www.example.com' }],
    answers: [
      { type: 'CNAME', name: 'www.example.com', ttl: 5, data: 'host.example.com' },
      { type: 'A', name: 'host.example.com', ttl: 6, data: '192.0.2.1' },
      { type: 'AAAA', name: 'host.example.com', ttl: 6, data: '2001:db8::1' },
      { type: 'MX', name: 'example.com', ttl: 7, data: { preference: 10, exchange: 'mx.example.com' } },
      {
        type: 'SRV',
        name: '_s._tcp.example.com',
        data: { port: 1, weight: 2, priority: 3, target: 'a.example.com' },
      },
      { type: 'TXT', name: 'example.com', data: ['one', 'two'] },
      { type: 'CAA', name: 'example.com', data: { flags: 128, tag: 'issue', value: 'ca.example' } },
    ],
  })
  const m = decodeDNSMessage(bytes)
  expect(m).toMatchObject({ id: 7, response: true, authoritative: true })
  expect(m.answers.map((r) => r.data)).toEqual([
    { kind: 'CNAME', target: 'host.example.com.' },
    { kind: 'A', ip: ipv4(192, 0, 2, 1).to4() },
    { kind: 'AAAA', ip: parseIP('2001:db8::1') },
    { kind: 'MX', pref: 10, target: 'mx.example.com.' },
    { kind: 'SRV', port: 1, weight: 2, priority: 3, target: 'a.example.com.' },
    { kind: 'TXT', strings: [...['one', 'two'].map((s) => new TextEncoder().encode(s))] },
    { kind: 'CAA', flags: 128, tag: 'issue', value: new TextEncoder().encode('ca.example') },
  ])
})

test('decodeDNSMessage() reads the parameters of HTTPS and keeps malformed ones as bytes', () => {
  const data: RRData = {
    kind: 'HTTPS',
    priority: 1,
    target: '.',
    params: [
      { key: 1, value: Uint8Array.of(2, 104, 50) },
      { key: 3, value: Uint8Array.of(1, 187) },
    ],
  }
  expect(decodeDNSMessage(encodeDNSMessage(answer(RRType.HTTPS, data))).answers[0]?.data).toEqual(data)
  const bad = { ...data, params: [...data.params].reverse() }
  const { kind } = decodeDNSMessage(encodeDNSMessage(answer(RRType.HTTPS, bad))).answers[0]?.data ?? {}
  expect(kind).toBe('unknown')
})

test('encodeDNSMessage() writes a name once and points to it', () => {
  const one = encodeDNSMessage(answer(RRType.CNAME, { kind: 'CNAME', target: 'other.example.' }))
  const two = encodeDNSMessage(answer(RRType.CNAME, { kind: 'CNAME', target: 'host.example.' }))
  expect(one.length - two.length).toBe('other'.length + 1)
})

test('encodeDNSMessage() does not compress the target of SRV', () => {
  const data: RRData = { kind: 'SRV', priority: 1, weight: 1, port: 1, target: 'host.example.' }
  expect(encodeDNSMessage(answer(RRType.SRV, data)).length).toBe(12 + 14 + 10 + 6 + 14)
})

test.each([
  ['a name without a dot at its end', 'a'],
  ['a label of 64', 'a'.repeat(64) + '.'],
  ['an empty label', 'a..b.'],
  ['an empty label at its end', 'a..'],
  ['a name of 255', `${('a'.repeat(63) + '.').repeat(3)}${'a'.repeat(62)}.`],
  ['a character that is no byte', 'ā.'],
])('encodeDNSMessage() refuses %s', (_, name) => {
  expect(() => encodeDNSMessage({ ...emptyReply, questions: [{ name, type: 1, class: 1 }] })).toThrow(
    DNSMessageError,
  )
})

test('encodeDNSMessage() takes names and labels of the greatest length', () => {
  const name = `${('a'.repeat(63) + '.').repeat(3)}${'a'.repeat(61)}.`
  expect(name.length).toBe(254)
  const m = { ...emptyReply, questions: [{ name, type: 1, class: 1 }] }
  expect(decodeDNSMessage(encodeDNSMessage(m)).questions[0]?.name).toBe(name)
})

test('encodeDNSMessage() refuses strings, records and messages that are too long', () => {
  const txt = (n: number, size: number): RRData => ({
    kind: 'TXT',
    strings: Array.from({ length: n }, () => new Uint8Array(size)),
  })
  expect(() => encodeDNSMessage(answer(RRType.TXT, txt(1, 256)))).toThrow('string too long')
  expect(() => encodeDNSMessage(answer(RRType.TXT, txt(257, 255)))).toThrow('record too long')
  const half = answer(RRType.TXT, txt(130, 255)).answers
  expect(() => encodeDNSMessage({ ...emptyReply, answers: [...half, ...half] })).toThrow('message too long')
})

test('encodeDNSMessage() keeps names apart that begin beyond what a pointer reaches', () => {
  fc.assert(
    fc.property(names, (name) => {
      const filler = answer(RRType.TXT, {
        kind: 'TXT',
        strings: Array.from({ length: 70 }, () => new Uint8Array(255)),
      })
      const late = answer(RRType.CNAME, { kind: 'CNAME', target: name }, name)
      const m = { ...emptyReply, answers: [...filler.answers, ...late.answers, ...late.answers] }
      expect(decodeDNSMessage(encodeDNSMessage(m)).answers).toEqual(m.answers)
    }),
    { numRuns: 50 },
  )
})
