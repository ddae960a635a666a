import { expect, test } from 'vitest'
import { absDomainName, avoidDNS, ensureRooted, isDomainName, lowerASCII, nameList } from '../src/dns/name.ts'
import { vectors } from './vectors.ts'

const operations: Record<string, (name: string) => unknown> = { isDomainName, absDomainName, avoidDNS }

test.each(vectors<{ name: string; op: string }, unknown>('domain_names'))(
  '$in.op($in.name) gives what Go gives ($tag)',
  ({ in: { name, op }, out }) => {
    expect(operations[op]?.(name)).toBe(out)
  },
)

test.each(vectors<{ name: string; ndots: number; search: string[] }, string[]>('name_list'))(
  'nameList($in.name, $in.ndots) gives the names Go asks for ($tag)',
  ({ in: { name, ndots, search }, out }) => {
    expect(nameList(name, ndots, search)).toEqual(out)
  },
)

test('isDomainName() refuses names that are not ASCII', () => {
  expect(isDomainName('bücher.example')).toBe(false)
})

test('nameList() counts the bytes of a name, not its characters', () => {
  expect(nameList('ü'.repeat(127), 1, [])).toEqual([])
  expect(nameList('ü'.repeat(126), 0, [])).toEqual(['ü'.repeat(126) + '.'])
})

test('lowerASCII() leaves other letters alone', () => {
  expect(lowerASCII('ABCxyzÄ-_Z')).toBe('abcxyzÄ-_z')
})

test('ensureRooted() adds one dot at most', () => {
  expect(ensureRooted('a')).toBe('a.')
  expect(ensureRooted('a.')).toBe('a.')
})
