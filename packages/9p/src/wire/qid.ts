import { getUint32, getUint64, putUint32, putUint64 } from './bytes.ts'

/**
 * The server's identity of a file: two files are the same if and only if their qids are.
 *
 * ```
 * 0      1           5            13
 * type[1] version[4]  path[8]
 * ```
 */
export interface Qid {
  /** QTDIR and its kin; the upper byte of the file's mode. */
  readonly type: number
  /** Counts changes of the file, 32 bits; 0 where the server does not count. */
  readonly version: number
  /** The file's number, 64 bits, unique among the files of a server and never used again. */
  readonly path: bigint
}

/** The bytes of a qid. */
export const QID_SIZE = 13

/**
 * Writes a qid at `at`, which must have room for {@link QID_SIZE} bytes, and gives the offset behind it.
 *
 * @example
 * ```ts
 * import { decodeQid, encodeQid, QID_SIZE } from '@net/9p'
 *
 * const b = new Uint8Array(QID_SIZE)
 * encodeQid({ type: 0, version: 1, path: 2n }, b, 0)
 * console.log(decodeQid(b, 0).version) // 1
 * ```
 */
export function encodeQid(qid: Qid, b: Uint8Array, at: number): number {
  b[at] = qid.type
  putUint32(b, at + 1, qid.version)
  putUint64(b, at + 5, qid.path)
  return at + QID_SIZE
}

/**
 * Reads the qid at `at`; the caller has checked that {@link QID_SIZE} bytes are there.
 *
 * @example
 * ```ts
 * import { decodeQid, encodeQid, QID_SIZE } from '@net/9p'
 *
 * const b = new Uint8Array(QID_SIZE)
 * encodeQid({ type: 0, version: 1, path: 2n }, b, 0)
 * console.log(decodeQid(b, 0).path) // 2n
 * ```
 */
export function decodeQid(b: Uint8Array, at: number): Qid {
  return { type: b[at] ?? 0, version: getUint32(b, at + 1), path: getUint64(b, at + 5) }
}
