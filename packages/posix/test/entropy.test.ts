import { expect, test } from 'vitest'
import { fillRandom } from '../src/sys/entropy.ts'

test('fillRandom() fills the words that it is given, and no others, with numbers that differ', () => {
  const all = new Uint32Array(66)
  fillRandom(all.subarray(1, 65))
  expect([all[0], all[65]]).toEqual([0, 0])
  expect(new Set(all.subarray(1, 65)).size).toBeGreaterThan(60)
  const again = new Uint32Array(64)
  fillRandom(again)
  expect(again).not.toEqual(all.subarray(1, 65))
})

test('fillRandom() asks the host for more than the system gives at once', () => {
  const words = new Uint32Array(1000)
  fillRandom(words)
  expect(new Set(words).size).toBeGreaterThan(990)
})
