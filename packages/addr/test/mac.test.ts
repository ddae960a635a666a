import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AddrError, HardwareAddr, parseMAC } from '../src/index.ts'
import { expectError, runVectors, toHex } from './vectors.ts'

const octets = fc.constantFrom(6, 8, 20).chain((n) => fc.uint8Array({ minLength: n, maxLength: n }))

describe('parseMAC()', () => {
  test('parseMAC() gives what Go gives for every vector', () => {
    const count = runVectors<string, { hex: string; str: string }>('parse_mac', (c) => {
      if (c.err !== null) {
        expectError(c, () => parseMAC(c.in))
        return undefined
      }
      const mac = parseMAC(c.in)
      expect({ hex: toHex(mac), str: mac.toString() }, c.in).toEqual(c.out)
      return undefined
    })
    expect(count).toEqual({ ran: 153, refused: {} })
  })

  test('parseMAC() reads what HardwareAddr.toString() prints, and the two other spellings', () => {
    fc.assert(
      fc.property(octets, (bytes) => {
        const text = HardwareAddr.from(bytes).toString()
        const dotted = text.replace(/(..):(..)/g, '$1$2').replaceAll(':', '.')
        for (const spelling of [text, text.replaceAll(':', '-'), dotted, text.toUpperCase()]) {
          expect(parseMAC(spelling).bytes()).toEqual(bytes)
        }
      }),
    )
  })

  test('parseMAC() throws an AddrError, whatever the text', () => {
    const piece = fc.constantFrom('0', 'aF', '00', ':', '-', '.', '00:', '0000.', 'g', 'é', '１')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('')
        try {
          expect(parseMAC(text).toString().replaceAll(':', '')).toBe(text.replace(/[-:.]/g, '').toLowerCase())
        } catch (e) {
          expect(e).toBeInstanceOf(AddrError)
        }
      }),
      { numRuns: 5000 },
    )
  })
})

describe('HardwareAddr', () => {
  test('HardwareAddr.from() and HardwareAddr.bytes() copy', () => {
    const bytes = Uint8Array.of(0, 0, 0x5e, 0, 0x53, 1)
    const mac = HardwareAddr.from(bytes)
    bytes[0] = 1
    mac.bytes()[1] = 1
    expect(mac.byteLength).toBe(6)
    expect(mac.toString()).toBe('00:00:5e:00:53:01')
    expect(JSON.stringify([mac])).toBe('["00:00:5e:00:53:01"]')
  })

  test('HardwareAddr.from() refuses what are no bytes', () => {
    expect(() => HardwareAddr.from([1, 2, 3, 4, 5, 256])).toThrow(
      'address 1.2.3.4.5.256: invalid MAC address',
    )
    // @ts-expect-error a text is no array of numbers
    expect(() => HardwareAddr.from('00:00:5e:00:53:01')).toThrow(TypeError)
  })
})
