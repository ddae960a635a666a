import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { abi } from '../src/abi/system.ts'
import {
  controlLayout,
  controlMessages,
  controlSpace,
  marshalControl,
  parseUnixRights,
  unixRights,
  type ControlMessage,
} from '../src/wire/cmsg.ts'
import { arches, offset, struct, systems } from './constants.ts'

const check = ledger(keepLeaks())
afterAll(check)

const layouts = Object.entries(systems).map(([name, on]) => [name, controlLayout(on, 8)] as const)

const messages = fc.array(
  fc.record({
    level: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
    type: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
    data: fc.uint8Array({ maxLength: 40 }),
  }),
  { maxLength: 5 },
)

describe.each(layouts)('control messages of %s', (name, layout) => {
  test.each(arches)('have the layout of struct cmsghdr on %s', (arch) => {
    const s = struct(name, arch, 'Cmsghdr')
    expect(layout.header).toBe(s.size)
    expect(layout.level).toBe(offset(s, 'Level'))
    expect(layout.level + 4).toBe(offset(s, 'Type'))
    expect(offset(s, 'Len')).toBe(0)
  })

  test('controlSpace() is CMSG_SPACE of sys/socket.h', () => {
    // Reckoned with the header's macros: darwin pads to 4 bytes, the others to 8.
    const expected = {
      linux: [16, 24, 24, 32],
      darwin: [12, 16, 20, 24],
      freebsd: [16, 24, 24, 32],
      openbsd: [16, 24, 24, 32],
    }
    expect([0, 4, 8, 12].map((n) => controlSpace(n, layout))).toEqual(expected[name as keyof typeof expected])
  })

  test('controlMessages() gives what marshalControl() put, each beginning at a multiple of the alignment', () => {
    fc.assert(
      fc.property(messages, (put) => {
        const oob = marshalControl(put, layout)
        expect(oob.byteLength).toBe(put.reduce((sum, m) => sum + controlSpace(m.data.byteLength, layout), 0))
        const got = [...controlMessages(oob, layout)]
        expect(got.map((m) => ({ ...m, data: new Uint8Array(m.data) }))).toEqual(put)
        for (const m of got) expect((m.data.byteOffset - oob.byteOffset) % layout.alignment).toBe(0)
      }),
    )
  })

  test('controlMessages() of bytes that are cut off gives the messages before the cut', () => {
    fc.assert(
      fc.property(messages, fc.nat(300), (put, cut) => {
        const oob = marshalControl(put, layout)
        const got = [...controlMessages(oob.subarray(0, cut), layout)]
        let at = 0
        let whole = 0
        for (const { data } of put) {
          if (at + layout.data + data.byteLength > Math.min(cut, oob.byteLength)) break
          at += controlSpace(data.byteLength, layout)
          whole++
        }
        expect(got.length).toBe(whole)
      }),
    )
  })

  test('controlMessages() stays within any bytes whatever they say', () => {
    const small = fc.uint8Array({ maxLength: 80 })
    // Lengths that are nearly right make it past the first check.
    const nearly = fc.tuple(small, fc.nat(100)).map(([bytes, length]) => {
      if (bytes.byteLength >= 8) new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, length, true)
      return bytes
    })
    fc.assert(
      fc.property(fc.oneof(small, nearly), fc.nat(8), (bytes, before) => {
        const memory = new Uint8Array(before + bytes.byteLength + 8)
        memory.set(bytes, before)
        const oob = memory.subarray(before, before + bytes.byteLength)
        let end = before
        for (const { data } of controlMessages(oob, layout)) {
          expect(data.byteOffset).toBeGreaterThanOrEqual(end + layout.header)
          end = data.byteOffset + data.byteLength
        }
        expect(end).toBeLessThanOrEqual(before + oob.byteLength)
      }),
    )
  })

  test('controlMessages() ends at a length that is 0, less than a header, or beyond the bytes', () => {
    const one: ControlMessage = { level: 1, type: 2, data: Uint8Array.of(1, 2, 3, 4) }
    for (const length of [0, layout.data - 1, 1000, 0x7fffffff, 0xffffffff]) {
      const oob = marshalControl([one, one], layout)
      new DataView(oob.buffer).setUint32(controlSpace(4, layout), length, true)
      expect([...controlMessages(oob, layout)]).toHaveLength(1)
    }
  })
})

test('parseUnixRights() gives the descriptors that unixRights() put', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0x7fffffff }), { maxLength: 20 }), (fds) => {
      expect(parseUnixRights(unixRights(...fds))).toEqual(fds)
    }),
  )
  const [message] = [...controlMessages(unixRights(3, 4))]
  expect([message?.level, message?.type, message?.data.byteLength]).toEqual([
    abi.SOL_SOCKET,
    abi.SCM_RIGHTS,
    8,
  ])
})

test('parseUnixRights() passes over what are no descriptors and gathers those of several messages', () => {
  const other = marshalControl([
    { level: abi.SOL_SOCKET, type: abi.SCM_RIGHTS + 1, data: Uint8Array.of(1, 0, 0, 0) },
    { level: abi.IPPROTO_IP, type: abi.SCM_RIGHTS, data: Uint8Array.of(2, 0, 0, 0) },
  ])
  const oob = new Uint8Array([...other, ...unixRights(5), ...unixRights(6, 7)])
  expect(parseUnixRights(oob)).toEqual([5, 6, 7])
  expect(parseUnixRights(new Uint8Array(0))).toEqual([])
})

test.each([-1, 1.5, NaN, 2 ** 31])('unixRights() refuses %s, which is no descriptor', (fd) => {
  expect(() => unixRights(0, fd)).toThrow(RangeError)
})
