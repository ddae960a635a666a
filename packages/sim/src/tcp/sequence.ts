/**
 * Within a connection sequence numbers are counted on beyond 2^32, so that they compare as numbers do; on the wire they are
 * what is left of them, modulo 2^32.
 */

/** The number on the wire. */
export function wrap(seq: number): number {
  return seq >>> 0
}

/** The number that is meant by one on the wire: of those it may be, the one closest to `near`. */
export function unwrap(wire: number, near: number): number {
  return near + ((wire - (near >>> 0)) | 0)
}
