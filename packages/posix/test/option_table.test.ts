import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { optionNumber, socketOptionTable, type OptionName } from '../src/index.ts'
import type { Kernel } from '../src/abi/abi.ts'
import type { OptionRow } from '../src/option/option_row.ts'
import { decodeOption, encodeOption, optionSize, type OptionType } from '../src/option/option_value.ts'
import { arches, constants, struct, systems } from './constants.ts'

const check = ledger(keepLeaks())
afterAll(check)

const rows = Object.entries(socketOptionTable) as [OptionName, OptionRow][]
const kernels = Object.keys(systems) as Kernel[]

// Where a kernel's name for the option is another.
const renamed: Partial<Record<Kernel, Partial<Record<OptionName, string>>>> = {
  darwin: { TCP_KEEPIDLE: 'TCP_KEEPALIVE', SO_LINGER: 'SO_LINGER_SEC' },
}

// What Go's syscall package does not name, with the headers that do.
const elsewhere: Record<Kernel, Partial<Record<OptionName, number>>> = {
  linux: {
    // asm-generic/socket.h
    SO_BINDTOIFINDEX: 62,
    SO_COOKIE: 57,
    SO_INCOMING_CPU: 49,
    SO_PREFER_BUSY_POLL: 69,
    SO_ZEROCOPY: 60,
    // linux/tcp.h
    TCP_CC_INFO: 26,
    TCP_FASTOPEN_CONNECT: 30,
    TCP_FASTOPEN_KEY: 33,
    TCP_FASTOPEN_NO_COOKIE: 34,
    TCP_INQ: 36,
    TCP_NOTSENT_LOWAT: 25,
    TCP_SAVED_SYN: 28,
    TCP_SAVE_SYN: 27,
    TCP_TX_DELAY: 37,
    TCP_ULP: 31,
    // linux/mptcp.h
    MPTCP_INFO: 1,
    // linux/in.h
    IP_BIND_ADDRESS_NO_PORT: 24,
    // linux/in6.h
    IPV6_AUTOFLOWLABEL: 70,
    IPV6_DONTFRAG: 62,
    IPV6_FREEBIND: 78,
    IPV6_MINHOPCOUNT: 73,
    IPV6_MULTICAST_ALL: 29,
    IPV6_TRANSPARENT: 75,
    // linux/udp.h
    UDP_CORK: 1,
    UDP_GRO: 104,
    UDP_SEGMENT: 103,
  },
  darwin: { TCP_FASTOPEN: 0x105 }, // netinet/tcp.h
  freebsd: { TCP_FASTOPEN: 0x401 }, // netinet/tcp.h
  openbsd: {},
}

describe.each(kernels)('the socket options of %s', (kernel) => {
  const of = (name: OptionName, arch: string): number | undefined =>
    constants(kernel, arch).constants[renamed[kernel]?.[name] ?? name]

  test.each(arches)('have the numbers of Go on %s', (arch) => {
    let compared = 0
    for (const [name, row] of rows) {
      const known = of(name, arch)
      if (known === undefined) continue
      compared++
      const number = row.numbers[kernel]
      // What the kernel has under a name, the table says it has.
      expect([name, number]).toEqual([name, known])
    }
    expect(compared).toBeGreaterThan(25)
  })

  test('have no number that Go lacks but those named in this file', () => {
    const unknown = rows.filter(
      ([name, row]) =>
        row.numbers[kernel] !== undefined && !arches.some((arch) => of(name, arch) !== undefined),
    )
    const numbers = Object.fromEntries(unknown.map(([name, row]) => [name, row.numbers[kernel]]))
    expect(numbers).toEqual(elsewhere[kernel])
  })

  test('have a number each within a level', () => {
    const seen = new Map<string, string>()
    for (const [name, { level, numbers }] of rows) {
      const number = numbers[kernel]
      if (number === undefined) continue
      expect([seen.get(`${level} ${number}`), name]).toEqual([undefined, name])
      seen.set(`${level} ${number}`, name)
    }
  })

  test.each(arches)('have values of the sizes of Go’s structs on %s', (arch) => {
    expect(optionSize.linger).toBe(struct(kernel, arch, 'Linger').size)
    expect(optionSize.timeval).toBe(struct(kernel, arch, 'Timeval').size)
  })
})

test('socketOptionTable says of every option where it is described and who has it', () => {
  for (const [name, row] of rows) {
    expect(row.manual, name).toMatch(/^[a-z0-9]+\([47]\)$/)
    const prefix = /^[A-Z0-9]+/.exec(name)?.[0]
    const levels = { SO: 'SOL_SOCKET', IP: 'IPPROTO_IP', IPV6: 'IPPROTO_IPV6' } as Record<string, string>
    const others = { TCP: 'IPPROTO_TCP', UDP: 'IPPROTO_UDP', MPTCP: 'SOL_MPTCP' } as Record<string, string>
    expect(row.level, name).toBe({ ...levels, ...others }[prefix ?? ''])
    expect(Object.keys(row.numbers).length, name).toBeGreaterThan(0)
  }
})

test('optionNumber() is that of the running kernel, or of the one that is named', () => {
  expect(optionNumber('TCP_CORK')).toBe(3)
  expect(optionNumber('TCP_CORK', 'freebsd')).toBeUndefined()
  expect(optionNumber('TCP_NOPUSH', 'openbsd')).toBe(16)
  expect(optionNumber('TCP_CORK', 'win32')).toBeUndefined()
})

const int = { min: -0x80000000, max: 0x7fffffff }

// For each type, values it can hold.
const values: Record<OptionType, fc.Arbitrary<unknown>> = {
  int: fc.integer(int),
  uint: fc.integer({ min: 0, max: 0xffffffff }),
  uint64: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  byte: fc.integer({ min: 0, max: 255 }),
  bool: fc.boolean(),
  string: fc
    .string({ maxLength: 60, unit: 'grapheme' })
    .filter((s) => !s.includes('\0') && Buffer.byteLength(s) < 256),
  bytes: fc.uint8Array({ maxLength: 100 }),
  linger: fc.record(
    { on: fc.boolean(), seconds: fc.integer({ min: 0, max: int.max }) },
    { noNullPrototype: true },
  ),
  timeval: fc.integer({ min: 0, max: int.max }),
}

describe.each(Object.keys(values) as OptionType[])('an option of type %s', (type) => {
  test('decodes to what was encoded', () => {
    fc.assert(
      fc.property(values[type], (value) => {
        const bytes = encodeOption(type, value)
        if (bytes === null) throw new Error('no bytes')
        expect(bytes.byteLength).toBeLessThanOrEqual(optionSize[type])
        expect(decodeOption(type, bytes)).toEqual(value)
      }),
    )
  })

  test('decodes any bytes to a value of its type, which encodes again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
        const value = decodeOption(type, bytes)
        expect(typeof value).toBe(typeof fc.sample(values[type], 1)[0])
        // A negative time is no value for the kernel to have given.
        const again = encodeOption(type, value)
        if (type !== 'linger' && type !== 'timeval') expect(again).not.toBeNull()
      }),
    )
  })

  test('takes anything, or refuses it by null or a TypeError', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          const bytes = encodeOption(type, value)
          // The value itself may be -0, or an object with more in it.
          if (bytes !== null) expect(encodeOption(type, decodeOption(type, bytes))).toEqual(bytes)
        } catch (e) {
          expect(e).toBeInstanceOf(TypeError)
        }
      }),
    )
  })
})
