import { IPAddr, parseIP, type IP } from '@net/addr'
import { expect, test } from 'vitest'
import {
  classify,
  commonPrefixLength,
  forResolve,
  partition,
  policyTable,
  scopeOf,
  sortByRFC6724,
} from '../src/order/addr_select.ts'
import { vectors } from './vectors.ts'

interface In {
  op: string
  addrs: string[]
  srcs?: (string | null)[]
  network?: string
  address?: string
}

function ip(s: string): IP {
  const parsed = parseIP(s)
  if (parsed === null) throw new Error(`not an address: ${s}`)
  return parsed
}

const print = (addrs: IPAddr[]): string[] => addrs.map(String)

test.each(vectors<In, unknown>('addr_select'))(
  '$in.op of $in.addrs gives what Go gives ($tag)',
  ({ in: args, out }) => {
    const addrs = args.addrs.map((a) => new IPAddr(ip(a)))
    if (args.op === 'sort6724') {
      const sources = (args.srcs ?? []).map((s) => (s === null ? null : ip(s)))
      expect(print(sortByRFC6724(addrs, sources))).toEqual(out)
    } else if (args.op === 'partition') {
      const { primaries, fallbacks } = partition(addrs)
      expect({ primaries: print(primaries), fallbacks: print(fallbacks) }).toEqual(out)
    } else {
      expect(forResolve(args.network ?? '', args.address ?? '', addrs)?.toString()).toBe(out)
    }
  },
)

test('policyTable is ordered by the length of its prefixes', () => {
  const bits = policyTable.map((p) => p.bits)
  expect(bits).toEqual([...bits].sort((a, b) => b - a))
})

test.each([
  ['127.0.0.1', 35, 4],
  ['2601:645:8002:a500:986f:1db8:c836:bd65', 40, 1],
  ['::1', 50, 0],
  ['2002::ab12', 30, 2],
  ['2001::1', 5, 5],
  ['::1.2.3.4', 1, 3],
  ['fd00::1', 3, 13],
  ['fec0::1', 1, 11],
  ['3ffe::1', 1, 12],
])('classify(%s) gives precedence %i and label %i', (addr, precedence, label) => {
  expect(classify(ip(addr))).toMatchObject({ precedence, label })
})

test.each([
  ['127.0.0.1', 2],
  ['2601:645:8002:a500:986f:1db8:c836:bd65', 14],
  ['fe80::1', 2],
  ['169.254.1.1', 2],
  ['fec0::1', 5],
  ['ff02::1', 2],
  ['ff0e::1', 14],
  ['224.0.0.1', 14],
])('scopeOf(%s) is %i', (addr, scope) => {
  expect(scopeOf(ip(addr))).toBe(scope)
})

test.each([
  ['fe80::1', 'fe80::2', 64],
  ['fe81::1', 'fe80::2', 15],
  ['127.0.0.1', 'fe80::1', 0],
  ['1.2.3.4', '1.2.3.5', 31],
  ['1.2.3.4', '1.2.3.4', 32],
])('commonPrefixLength(%s, %s) is %i', (a, b, bits) => {
  expect(commonPrefixLength(ip(a), ip(b))).toBe(bits)
})

test('sortByRFC6724() sorts hundreds of addresses too', () => {
  const addrs = Array.from({ length: 300 }, (_, i) => new IPAddr(ip(`2001:db8::${i.toString(16)}`)))
  addrs.push(new IPAddr(ip('::1')))
  const sources = addrs.map((a) => (a.ip?.isLoopback === true ? a.ip : ip('2001:db8::ffff')))
  expect(print(sortByRFC6724(addrs, sources)).slice(0, 2)).toEqual(['::1', '2001:db8::'])
})
