import fc from 'fast-check'

/** Joins bytes. */
export function concat(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

/** Writes an attribute with its padding, on a machine whose lower bytes come first. */
export function attribute(type: number, value: ArrayLike<number>): Uint8Array {
  const length = 4 + value.length
  const b = new Uint8Array(Math.ceil(length / 4) * 4)
  b.set([length & 0xff, length >> 8, type & 0xff, type >> 8])
  b.set(value, 4)
  return b
}

/** The 4 bytes of a number, the lowest first. */
export function uint32(n: number): number[] {
  return [n & 0xff, (n >>> 8) & 0xff, (n >>> 16) & 0xff, n >>> 24]
}

/** The bytes of a text and a NUL. */
export function text(s: string): number[] {
  return [...new TextEncoder().encode(s), 0]
}

/**
 * Any bytes, and valid ones with some of them changed and the end cut off: a view in the middle of a larger buffer, so that what
 * lies around it is there to be read by mistake.
 */
export function garbage(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 })
  const damaged = fc.tuple(valid, changes, fc.nat({ max: 8 })).map(([bytes, all, cut]) => {
    const b = bytes.slice(0, Math.max(bytes.byteLength - cut, 0))
    for (const [at, value] of all) if (b.byteLength > 0) b[at % b.byteLength] = value
    return b
  })
  return fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged).map((b) => {
    const around = new Uint8Array(b.byteLength + 64).fill(0x55)
    around.set(b, 32)
    return around.subarray(32, 32 + b.byteLength)
  })
}

/** Whether a view is of bytes of another. */
export function isWithin(inner: Uint8Array, outer: Uint8Array): boolean {
  return (
    inner.buffer === outer.buffer &&
    inner.byteOffset >= outer.byteOffset &&
    inner.byteOffset + inner.byteLength <= outer.byteOffset + outer.byteLength
  )
}
