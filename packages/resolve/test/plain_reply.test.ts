import { IP } from '@net/addr'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DNSCache } from '../src/client/cache.ts'
import type { OpenPacketSocket } from '../src/client/packet_socket.ts'
import { encodeDNSMessage, type DNSMessage } from '../src/dns/message.ts'
import { plainAddrs } from '../src/dns/plain_reply.ts'
import { CLASS_IN, RRType, type RR, type RRData } from '../src/dns/rr.ts'
import { messages } from './arbitrary.ts'
import { emptyReply } from './empty_reply.ts'
import type { Resolver } from '../src/resolver.ts'
import { resolverOf } from './resolver_of.ts'

const name = 'host.example.com.'
const questionEnd = 12 + name.length + 1 + 4

const v4 = (n: number): RR => of({ kind: 'A', ip: IP.fromUint32(n) })
const v6 = (n: number): RR => of({ kind: 'AAAA', ip: IP.fromUint32s(0x20010db8, 0, 0, n) })
const opt = (ttl: number): RR => ({ ...of({ kind: 'OPT', options: [] }), name: '.', class: 1232, ttl })

function of(data: RRData): RR {
  const type = data.kind === 'unknown' ? 65400 : RRType[data.kind]
  return { name, type, class: CLASS_IN, ttl: 60, data }
}

const plain: DNSMessage = {
  ...emptyReply,
  questions: [{ name, type: RRType.A, class: CLASS_IN }],
  answers: [v4(0xc0000201)],
}

function read(changes: Partial<DNSMessage>, type: number = RRType.A): string | null {
  const bytes = encodeDNSMessage({ ...plain, ...changes })
  return plainAddrs(bytes, bytes.byteLength, questionEnd, type)?.join(' ') ?? null
}

test('plainAddrs reads one address, and several, of either family, and passes over an empty OPT record', () => {
  expect(read({})).toBe('192.0.2.1')
  expect(read({ answers: [v4(0xc0000201), v4(0xc0000202), v4(0xffffffff)] })).toBe(
    '192.0.2.1 192.0.2.2 255.255.255.255',
  )
  expect(read({ answers: [v6(1), v6(0xffffffff)] }, RRType.AAAA)).toBe('2001:db8::1 2001:db8::ffff:ffff')
  expect(read({ additionals: [opt(0)] })).toBe('192.0.2.1')
  expect(read({ authoritative: true, authenticData: true, additionals: [opt(0x8000)] })).toBe('192.0.2.1')
})

test.each<[string, Partial<DNSMessage>]>([
  ['an error', { rcode: 2 }],
  ['an error that EDNS adds', { additionals: [opt(0x01000000)] }],
  ['no answer', { answers: [] }],
  ['what was cut', { truncated: true }],
  ['no question', { questions: [] }],
  ['an alias', { answers: [of({ kind: 'CNAME', target: 'other.example.com.' }), v4(1)] }],
  ['another type', { answers: [v6(1)] }],
  ['another name', { answers: [{ ...v4(1), name: 'other.example.com.' }] }],
  ['an authority', { authorities: [of({ kind: 'NS', target: 'ns.example.com.' })] }],
  ['an additional address', { additionals: [v4(1)] }],
  ['two OPT records', { additionals: [opt(0), opt(0)] }],
  ['an OPT record among the answers', { answers: [opt(0)] }],
  [
    'an option of EDNS',
    { additionals: [{ ...opt(0), data: { kind: 'OPT', options: [{ code: 10, data: new Uint8Array(8) }] } }] },
  ],
])('plainAddrs leaves a reply with %s to the parser', (_, changes) => {
  expect(read(changes)).toBeNull()
})

test('plainAddrs leaves a reply that ends too early, or too late, or is too long, to the parser', () => {
  for (const additionals of [[], [opt(0)]]) {
    const bytes = encodeDNSMessage({ ...plain, additionals })
    const longer = new Uint8Array(bytes.byteLength + 1)
    longer.set(bytes)
    expect(plainAddrs(longer, longer.byteLength, questionEnd, RRType.A)).toBeNull()
    for (let n = 12; n < bytes.byteLength; n++)
      expect(plainAddrs(bytes.subarray(0, n), n, questionEnd, RRType.A)).toBeNull()
  }
  const many = encodeDNSMessage({ ...plain, answers: Array.from({ length: 80 }, (_, i) => v4(i)) })
  expect(many.byteLength).toBeGreaterThan(1232)
  expect(plainAddrs(many, many.byteLength, questionEnd, RRType.A)).toBeNull()
})

const records = fc.oneof(
  { weight: 6, arbitrary: fc.nat(0xffffffff).map(v4) },
  { weight: 1, arbitrary: fc.nat(0xffffffff).map(v6) },
  { weight: 1, arbitrary: messages.map(({ answers: [record = v4(1)] }) => record) },
)

const replies = fc
  .record({
    rcode: fc.constantFrom(0, 0, 0, 0, 2, 3, 5),
    answers: fc.array(records, { maxLength: 3 }),
    authorities: fc.array(records, { maxLength: 1 }),
    additionals: fc.array(fc.oneof(fc.constantFrom(0, 0x8000, 0x01000000).map(opt), records), {
      maxLength: 1,
    }),
  })
  .map((changes) => encodeDNSMessage({ ...plain, ...changes }))

/** A resolver each of whose queries has this reply, with the id and the question of the query. */
function resolverWith(reply: Uint8Array, cache?: DNSCache): Resolver {
  const openPackets: OpenPacketSocket = (_server, receiver) => ({
    isConnected: true,
    send: (packet) => {
      const bytes = new Uint8Array(reply)
      bytes.set(packet.subarray(0, 2))
      bytes.set(packet.subarray(12, questionEnd), 12)
      queueMicrotask(() => {
        receiver.received(bytes, bytes.byteLength)
      })
    },
    isRenewable: false,
    renew: () => false,
    readError: (cause) => cause,
    close: () => {},
  })
  const dial = (): Promise<never> => Promise.reject(new Error('there are no streams'))
  return resolverOf(['192.0.2.53:53'], { openPackets, dial, cache })
}

function outcome(resolver: Resolver): Promise<string> {
  return resolver.lookupIP('ip4', 'host.example.com').then(
    (ips) => ips.join(' '),
    (e: unknown) => String(e),
  )
}

test('Resolver gives of any reply what it gives when the parser reads all of it', async () => {
  const change = fc.option(fc.record({ at: fc.nat(), to: fc.nat(255) }))
  let plainOnes = 0
  await fc.assert(
    fc.asyncProperty(replies, change, async (reply, other) => {
      const rest = reply.byteLength - questionEnd
      if (other !== null && rest > 0) reply[questionEnd + (other.at % rest)] = other.to
      if (plainAddrs(reply, reply.byteLength, questionEnd, RRType.A) !== null) plainOnes++
      // With a cache every reply is parsed, as whole replies are kept.
      expect(await outcome(resolverWith(reply))).toBe(await outcome(resolverWith(reply, new DNSCache())))
    }),
    { numRuns: 1000 },
  )
  expect(plainOnes).toBeGreaterThan(0)
})

test('Resolver takes the name that was asked for as the canonical one, where a reply is plain', async () => {
  expect(await resolverWith(encodeDNSMessage(plain)).lookupCNAME('host.example.com')).toBe(name)
})
