import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import {
  DumpReply,
  encodeNetlinkMessage,
  messageError,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_NOOP,
  NLMSG_OVERRUN,
  parseAttributes,
  parseMessages,
  SizeofNlAttr,
  SizeofNlMsghdr,
  textAttribute,
  uint32Attribute,
  viewOf,
  type NetlinkMessage,
} from '../src/wire/netlink.ts'
import { arches, constants } from './constants.ts'
import { attribute, concat, garbage, isWithin } from './netlink_bytes.ts'

const check = ledger(keepLeaks())
afterAll(check)

const message: fc.Arbitrary<NetlinkMessage> = fc.record({
  type: fc.integer({ min: 0, max: 0xffff }),
  flags: fc.integer({ min: 0, max: 0xffff }),
  seq: fc.integer({ min: 0, max: 0xffffffff }),
  pid: fc.integer({ min: 0, max: 0xffffffff }),
  payload: fc.uint8Array({ maxLength: 64 }),
})

test.each(arches)('the sizes of headers are those of linux/%s', (arch) => {
  const known = constants('linux', arch).constants
  expect(SizeofNlMsghdr).toBe(known.SizeofNlMsghdr)
  expect(SizeofNlAttr).toBe(known.SizeofNlAttr)
  expect(SizeofNlAttr).toBe(known.SizeofRtAttr)
})

describe('parseMessages()', () => {
  test('reads what encodeNetlinkMessage() wrote, any number in a datagram', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        expect(parseMessages(concat(messages.map(encodeNetlinkMessage)))).toEqual(messages)
      }),
    )
  })

  test('reads a last message without its padding', () => {
    const m = { type: 1, flags: 2, seq: 3, pid: 4, payload: Uint8Array.of(1, 2, 3) }
    const b = encodeNetlinkMessage(m)
    expect(b.byteLength).toBe(20)
    expect(parseMessages(b.subarray(0, 19))).toEqual([m])
    expect(parseMessages(b.subarray(0, 18))).toBe(null)
  })

  test('reads or refuses any bytes, and never looks outside of them', () => {
    fc.assert(
      fc.property(
        garbage(fc.array(message, { maxLength: 4 }).map((all) => concat(all.map(encodeNetlinkMessage)))),
        (b) => {
          const messages = parseMessages(b)
          for (const { payload } of messages ?? []) expect(isWithin(payload, b)).toBe(true)
          if (messages !== null) expect(messages.length).toBeLessThanOrEqual(b.byteLength / SizeofNlMsghdr)
        },
      ),
    )
  })

  test('refuses lengths below that of the header and beyond the datagram', () => {
    const b = encodeNetlinkMessage({ type: 1, flags: 0, seq: 0, pid: 0, payload: new Uint8Array(4) })
    for (const length of [0, 1, 15, 21, 0x7fffffff, 0xffffffff]) {
      viewOf(b).setUint32(0, length, true)
      expect(parseMessages(b)).toBe(null)
    }
    expect(parseMessages(new Uint8Array(0))).toEqual([])
  })
})

describe('parseAttributes()', () => {
  const pairs = fc.uniqueArray(
    fc.tuple(fc.integer({ min: 0, max: 0x3fff }), fc.uint8Array({ maxLength: 20 })),
    { selector: ([type]) => type, maxLength: 6 },
  )

  test('reads attributes after a structure, without the bits that say how they are made up', () => {
    fc.assert(
      fc.property(
        pairs,
        fc.constantFrom(0, 8, 12, 16),
        fc.constantFrom(0, 0x4000, 0x8000),
        (all, offset, bits) => {
          const b = concat([
            new Uint8Array(offset),
            ...all.map(([type, value]) => attribute(type | bits, value)),
          ])
          expect(parseAttributes(b, offset)).toEqual(new Map(all))
        },
      ),
    )
  })

  test('reads or refuses any bytes, and never looks outside of them', () => {
    const valid = pairs.map((all) => concat(all.map(([type, value]) => attribute(type, value))))
    fc.assert(
      fc.property(garbage(valid), fc.integer({ min: 0, max: 40 }), (b, offset) => {
        const attributes = parseAttributes(b, offset)
        if (b.byteLength < offset) expect(attributes).toBe(null)
        for (const value of attributes?.values() ?? []) expect(isWithin(value, b)).toBe(true)
      }),
    )
  })

  test('uint32Attribute() and textAttribute() give what is absent or of a wrong length as such', () => {
    const attributes = parseAttributes(
      concat([attribute(1, Uint8Array.of(1, 2)), attribute(2, new TextEncoder().encode('lo\0rest'))]),
    )
    expect(uint32Attribute(attributes ?? new Map(), 1, 7)).toBe(7)
    expect(uint32Attribute(attributes ?? new Map(), 3, 8)).toBe(8)
    expect(textAttribute(attributes ?? new Map(), 2)).toBe('lo')
    expect(textAttribute(attributes ?? new Map(), 3)).toBe('')
  })
})

describe('DumpReply', () => {
  const seq = 42

  function reply(
    type: number,
    flags = NLM_F_MULTI,
    payload: Uint8Array = new Uint8Array(4),
    of = seq,
  ): Uint8Array {
    return encodeNetlinkMessage({ type, flags, seq: of, pid: 1, payload })
  }

  function add(...datagrams: Uint8Array[]): { states: string[]; types: number[]; error: number } {
    const dump = new DumpReply(seq)
    const types: number[] = []
    const states = datagrams.map((b) => dump.add(b, (m) => types.push(m.type)))
    return { states, types, error: dump.error }
  }

  const error = (errno: number): Uint8Array => new Uint8Array(Int32Array.of(errno).buffer)

  test('gathers the messages of several datagrams up to the end', () => {
    expect(add(concat([reply(16), reply(16)]), reply(20), reply(NLMSG_DONE))).toEqual({
      states: ['more', 'more', 'done'],
      types: [16, 16, 20],
      error: 0,
    })
  })

  test('passes over answers to other requests and messages that say nothing', () => {
    expect(add(concat([reply(16, 0, error(0), 41), reply(NLMSG_NOOP), reply(16)])).types).toEqual([16])
    expect(add(reply(NLMSG_DONE, 0, error(0), 41)).states).toEqual(['more'])
  })

  test('is interrupted when any of its messages says so, at its end or in the middle', () => {
    const interrupted = NLM_F_MULTI | NLM_F_DUMP_INTR
    expect(add(reply(16, interrupted), reply(16), reply(NLMSG_DONE)).states).toEqual([
      'more',
      'more',
      'interrupted',
    ])
    expect(add(reply(16), reply(NLMSG_DONE, interrupted)).states).toEqual(['more', 'interrupted'])
    expect(add(reply(NLMSG_OVERRUN)).states).toEqual(['interrupted'])
  })

  test('fails with the error number of an error or of the end', () => {
    expect(add(reply(NLMSG_ERROR, 0, error(-1)))).toEqual({ states: ['failed'], types: [], error: -1 })
    expect(add(reply(16), reply(NLMSG_DONE, NLM_F_MULTI, error(-90)))).toEqual({
      states: ['more', 'failed'],
      types: [16],
      error: -90,
    })
  })

  test('refuses a datagram that cannot be read, and reads or refuses any bytes', () => {
    expect(add(reply(16).subarray(0, 10)).states).toEqual(['malformed'])
    fc.assert(
      fc.property(
        garbage(fc.array(message, { maxLength: 4 }).map((all) => concat(all.map(encodeNetlinkMessage)))),
        (b) => {
          expect(['more', 'done', 'interrupted', 'failed', 'malformed']).toContain(add(b).states[0])
        },
      ),
    )
  })

  test('messageError() gives null for a message that is too short', () => {
    expect(messageError({ type: 2, flags: 0, seq: 0, pid: 0, payload: new Uint8Array(3) })).toBe(null)
  })
})
