import { byteLengthOf } from '@net/contract'

/**
 * Throws a TypeError when a buffer has lost bytes that an operation still needs: it was transferred, or its
 * ArrayBuffer made smaller, while the operation waited. An operation asks before each use of the buffer, as
 * an empty one means other things: the end of a stream, or that all is written.
 *
 * @example
 * ```ts
 * import { checkKept } from '@net/io'
 *
 * const p = new Uint8Array(8)
 * checkKept(p, 8) // nothing is lost
 * structuredClone(p, { transfer: [p.buffer] })
 * try {
 *   checkKept(p, 8)
 * } catch (e) {
 *   console.log(e instanceof TypeError) // true
 * }
 * ```
 */
export function checkKept(p: Uint8Array, byteLength: number): void {
  if (byteLengthOf(p) < byteLength) throw lostBuffer()
}

/**
 * The error of an operation whose buffer was lost while it waited.
 *
 * @example
 * ```ts
 * import { lostBuffer } from '@net/io'
 *
 * console.log(lostBuffer().message.startsWith('the buffer was transferred')) // true
 * ```
 */
export function lostBuffer(): TypeError {
  return new TypeError('the buffer was transferred or made smaller while its operation was pending')
}
