import fc from 'fast-check'
import { expect, test } from 'vitest'
import { QueryMessage } from '../src/client/query_message.ts'
import { encodePacketQuery, HEADER_SIZE } from '../src/dns/message.ts'
import { RRType } from '../src/dns/rr.ts'
import { DNSMessageError } from '../src/dns/wire_reader.ts'
import { putName, WireWriter } from '../src/dns/wire_writer.ts'

const query = new QueryMessage(0x1234, 'a[z.Example.', RRType.A, false, true)

/** A reply to the query, in which some bytes were changed. */
function reply(changes: [at: number, byte: number][] = []): Uint8Array {
  const bytes = query.packet.slice()
  bytes[2] = 0x81
  for (const [at, byte] of changes) bytes[at] = byte
  return bytes
}

function isAnsweredBy(bytes: Uint8Array): boolean {
  return query.isAnsweredBy(bytes, bytes.byteLength)
}

test('QueryMessage.isAnsweredBy() takes replies to the question, the case of letters aside', () => {
  expect(isAnsweredBy(reply())).toBe(true)
  const letters = [13, 15, ...Array.from({ length: 7 }, (_, i) => 17 + i)]
  expect(isAnsweredBy(reply(letters.map((at) => [at, (query.packet[at] ?? 0) ^ 0x20])))).toBe(true)
})

test('QueryMessage.isAnsweredBy() takes no reply in which anything else of the question is another byte', () => {
  // A bracket and a brace differ by the same bit as the cases of a letter, and so do the types of A and SRV.
  expect(isAnsweredBy(reply([[14, 0x7b]]))).toBe(false)
  expect(isAnsweredBy(reply([[query.questionEnd - 3, RRType.SRV]]))).toBe(false)
  for (let at = HEADER_SIZE; at < query.questionEnd; at++)
    expect(isAnsweredBy(reply([[at, (query.packet[at] ?? 0) ^ 1]]))).toBe(false)
})

test('QueryMessage.isAnsweredBy() takes no reply that is shorter, has another id or is a query', () => {
  for (let length = 0; length < query.questionEnd; length++)
    expect(isAnsweredBy(reply().subarray(0, length))).toBe(false)
  for (const [at, byte] of [
    [0, 0x13],
    [1, 0x35],
    [2, 0x01],
  ] as const)
    expect(isAnsweredBy(reply([[at, byte]]))).toBe(false)
})

/** What comes of it: bytes, or the text of a DNSMessageError. */
function outcome(write: () => Uint8Array): number[] | string {
  try {
    return [...write()]
  } catch (e) {
    if (e instanceof DNSMessageError) return e.message
    throw e
  }
}

const texts = fc.stringMatching(/^[a-zA-Z0-9.\u00e9\u0101-]{1,6}$/)
const names = fc
  .array(fc.oneof(texts, fc.constantFrom('x'.repeat(63), 'x'.repeat(64), 'example', '')), { maxLength: 6 })
  .map((labels) => labels.join('.') + '.')

test('putName() writes what WireWriter.name() does, and fails as that does', () => {
  fc.assert(
    fc.property(names, (name) => {
      const bytes = new Uint8Array(name.length + 1)
      const put = outcome(() => bytes.subarray(0, putName(bytes, 0, name)))
      const written = outcome(() => {
        const writer = new WireWriter()
        writer.name(name, false)
        return writer.finish()
      })
      expect(typeof put).toBe(typeof written)
      if (typeof put !== 'string') expect(put).toEqual(written)
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['a\\046b.example.', 'a.b'],
  ['a\\000b.example.', 'a\0b'],
  [`${'y'.repeat(60)}\\255.example.`, `${'y'.repeat(60)}\u00ff`],
])('putName() writes the bytes that %s stands for', (name, label) => {
  const packet = encodePacketQuery(1, name, RRType.A, false, false)
  const length = packet[HEADER_SIZE] ?? 0
  const text = Buffer.from(packet.subarray(HEADER_SIZE + 1, HEADER_SIZE + 1 + length)).toString('latin1')
  expect(text).toBe(label)
})
