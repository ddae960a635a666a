// Random numbers are made in batches: one call of the generator costs as much as several hundred numbers.
const batch = new Uint32Array(256)
let left = 0
let drawnBy: unknown = null

/** A random unsigned 32-bit integer that cannot be guessed from earlier ones. */
export function randomUint32(): number {
  // A program may put another generator in the place of the host's, as tests do that must come out the same again: what was
  // drawn by another one is left behind.
  const getRandomValues: unknown = Reflect.get(crypto, 'getRandomValues')
  if (left === 0 || drawnBy !== getRandomValues) {
    crypto.getRandomValues(batch)
    drawnBy = getRandomValues
    left = batch.length
  }
  left--
  const n = batch[left] ?? 0
  batch[left] = 0
  return n
}

/** A random integer from 0 to `n` - 1, each equally likely; `n` is from 1 to 2^32. */
export function randomInt(n: number): number {
  const limit = 2 ** 32 - (2 ** 32 % n)
  for (;;) {
    const r = randomUint32()
    if (r < limit) return r % n
  }
}
