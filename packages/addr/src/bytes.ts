import { hexByte } from './digits.ts'
import { AddrError } from './errors.ts'

/**
 * A copy of `values`, which must be integers from 0 to 255: anything else is an AddrError with the text `err`.
 * Something that is not array-like is a TypeError.
 */
export function copyBytes(values: ArrayLike<number>, err: string): Uint8Array<ArrayBuffer> {
  if (typeof values !== 'object')
    throw new TypeError(`bytes must be an array of numbers, not a ${typeof values}`)
  const bytes = new Uint8Array(values.length)
  for (let i = 0; i < bytes.byteLength; i++) {
    const value = values[i]
    if (value === undefined || value !== (value & 0xff)) {
      throw new AddrError(err, Array.from(values).join('.'))
    }
    bytes[i] = value
  }
  return bytes
}

/** The bytes as lower-case hexadecimal digits without separators. */
export function hexString(bytes: Uint8Array, separator = ''): string {
  let text = ''
  for (let i = 0; i < bytes.byteLength; i++) {
    if (i > 0) text += separator
    text += hexByte[bytes[i] ?? 0] ?? ''
  }
  return text
}
