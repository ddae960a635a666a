import { describe, expect, expectTypeOf, test } from 'vitest'
import { AddrError, parseNetwork, UnknownNetworkError } from '../src/index.ts'
import { expectError, runVectors, vectors } from './vectors.ts'

interface In {
  network: string
  needsProto: boolean
}

/** The names of a protocols file, by the rules of protocols(5): name, number, aliases. The first one wins. */
function protocols(file: string): Map<string, number> {
  const numbers = new Map<string, number>()
  for (const line of file.split('\n')) {
    const [name, number, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (name === undefined || number === undefined || !/^\d+$/.test(number)) continue
    for (const alias of [name, ...aliases]) if (!numbers.has(alias)) numbers.set(alias, Number(number))
  }
  return numbers
}

describe('parseNetwork()', () => {
  test('parseNetwork() gives what Go gives for every vector', () => {
    const numbers = protocols(vectors('parse_network').env.protocols_file ?? '')
    expect(numbers.get('testproto')).toBe(200)
    const lookup = (name: string) => numbers.get(name) ?? null
    const count = runVectors<In, { afnet: string; proto: number }>('parse_network', (c) => {
      const { network, needsProto } = c.in
      if (c.err !== null) expectError(c, () => parseNetwork(network, needsProto, lookup))
      else expect(parseNetwork(network, needsProto, lookup), network).toEqual(c.out)
      return undefined
    })
    expect(count).toEqual({ ran: 76, refused: {} })
  })

  test('parseNetwork() alone gives a protocol name that it does not know back for looking up', () => {
    expect(parseNetwork('ip4:icmp')).toEqual({ afnet: 'ip4', proto: 1 })
    expect(parseNetwork('ip6:IPv6-ICMP')).toEqual({ afnet: 'ip6', proto: 58 })
    expect(parseNetwork('ip:89')).toEqual({ afnet: 'ip', proto: 89 })
    expect(parseNetwork('ip:OSPF')).toEqual({ afnet: 'ip', proto: 'OSPF' })
    expect(() => parseNetwork('ip:')).toThrow(AddrError)
    expectTypeOf(parseNetwork('tcp').proto).toEqualTypeOf<number | string>()
    expectTypeOf(parseNetwork('tcp', true, () => null).proto).toEqualTypeOf<number>()
  })

  test('parseNetwork() wants a protocol for raw IP unless told otherwise', () => {
    expect(() => parseNetwork('ip')).toThrow(UnknownNetworkError)
    expect(() => parseNetwork('ip')).toThrow('unknown network ip')
    expect(parseNetwork('ip', false)).toEqual({ afnet: 'ip', proto: 0 })
  })

  test('parseNetwork() passes on what lookupProtocol throws', () => {
    const failure = new Error('no protocols file')
    const lookup = () => {
      throw failure
    }
    expect(() => parseNetwork('ip:ospf', true, lookup)).toThrow(failure)
    expect(parseNetwork('ip:icmp', true, lookup).proto).toBe(1)
  })
})
