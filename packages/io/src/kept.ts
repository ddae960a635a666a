/**
 * Throws a TypeError when a buffer has lost bytes that an operation still needs: it was transferred, or its ArrayBuffer made smaller,
 * while the operation waited. An operation asks before each use of the buffer, as an empty one means other things: the end of a
 * stream, or that all is written.
 */
export function checkKept(p: Uint8Array, byteLength: number): void {
  if (p.byteLength < byteLength) throw lostBuffer()
}

/** The error of an operation whose buffer was lost while it waited. */
export function lostBuffer(): TypeError {
  return new TypeError('the buffer was transferred or made smaller while its operation was pending')
}
