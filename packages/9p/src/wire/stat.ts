import { putUint16, putUint32, putUint64 } from './bytes.ts'
import { checkRange, checkUint64, Cursor, MessageError, putSized, textSize } from './cursor.ts'
import { encodeQid, type Qid } from './qid.ts'

/**
 * What stat(5) tells of a file.
 *
 * ```
 * 0       2       4      8      21      25       29       33        41
 * size[2] type[2] dev[4] qid[13] mode[4] atime[4] mtime[4] length[8] name[s] uid[s] gid[s] muid[s]
 * ```
 *
 * size counts the bytes behind itself. Rstat and Twstat put another len[2] before it, directories do not.
 */
export interface Stat {
  /** For the kernel: the device's letter; 0 elsewhere. 16 bits. */
  readonly type: number
  /** For the kernel: which of those devices. 32 bits. */
  readonly dev: number
  readonly qid: Qid
  /** Permissions, with DMDIR and its kin. */
  readonly mode: number
  /** When it was last read, in seconds since the Unix epoch. */
  readonly atime: number
  /** When it was last written, in seconds since the Unix epoch. */
  readonly mtime: number
  /** Its length in bytes; 0 for directories and most devices. */
  readonly length: bigint
  /** The last element of its path; '/' at a root. */
  readonly name: string
  /** The owner. */
  readonly uid: string
  /** The group. */
  readonly gid: string
  /** Who wrote it last. */
  readonly muid: string
}

/** The bytes of a stat whose four texts are empty, the smallest there is. */
export const STAT_SIZE = 49

/**
 * A stat of which Twstat changes nothing: every number is all ones, every text empty. Spread it and set what
 * to change.
 */
export const DONT_TOUCH: Stat = {
  type: 0xffff,
  dev: 0xffffffff,
  qid: { type: 0xff, version: 0xffffffff, path: 0xffffffffffffffffn },
  mode: 0xffffffff,
  atime: 0xffffffff,
  mtime: 0xffffffff,
  length: 0xffffffffffffffffn,
  name: '',
  uid: '',
  gid: '',
  muid: '',
}

/**
 * The bytes that {@link encodeStat} writes, its size field counted. Throws a {@link MessageError} when a
 * field does not fit.
 *
 * @example
 * ```ts
 * import { DONT_TOUCH, statSize } from '@net/9p'
 *
 * console.log(statSize({ ...DONT_TOUCH, name: 'file' })) // 53
 * ```
 */
export function statSize(s: Stat): number {
  const n =
    41 + textSize(s.name, 'name') + textSize(s.uid, 'uid') + textSize(s.gid, 'gid') + textSize(s.muid, 'muid')
  if (n > 0xffff) throw new MessageError('stat is longer than 65535 bytes')
  return n
}

/**
 * Writes a stat with its size field at `at`, where {@link statSize} bytes must be free, and gives the offset
 * behind it.
 *
 * @example
 * ```ts
 * import { decodeStats, DONT_TOUCH, encodeStat, statSize } from '@net/9p'
 *
 * const stat = { ...DONT_TOUCH, name: 'file', length: 5n }
 * const b = new Uint8Array(statSize(stat))
 * console.log(encodeStat(stat, b, 0)) // 53
 * console.log(decodeStats(b).map((s) => s.name).join()) // file
 * ```
 */
export function encodeStat(s: Stat, b: Uint8Array, at: number): number {
  putUint16(b, at + 2, checkRange(s.type, 0xffff, 'type'))
  putUint32(b, at + 4, checkRange(s.dev, 0xffffffff, 'dev'))
  checkQid(s.qid)
  encodeQid(s.qid, b, at + 8)
  putUint32(b, at + 21, checkRange(s.mode, 0xffffffff, 'mode'))
  putUint32(b, at + 25, checkRange(s.atime, 0xffffffff, 'atime'))
  putUint32(b, at + 29, checkRange(s.mtime, 0xffffffff, 'mtime'))
  putUint64(b, at + 33, checkUint64(s.length, 'length'))
  let end = putSized(b, at + 41, s.name)
  end = putSized(b, end, s.uid)
  end = putSized(b, end, s.gid)
  end = putSized(b, end, s.muid)
  putUint16(b, at, end - at - 2)
  return end
}

/** Throws a {@link MessageError} unless the parts of a qid fit their fields. */
export function checkQid(qid: Qid): void {
  checkRange(qid.type, 0xff, 'qid.type')
  checkRange(qid.version, 0xffffffff, 'qid.version')
  checkUint64(qid.path, 'qid.path')
}

/**
 * Reads a stat at the cursor, its size field first; throws a {@link MessageError} when the sizes disagree.
 */
export function readStat(c: Cursor): Stat {
  const size = c.uint16('stat')
  const start = c.take(size, 'stat')
  const inner = new Cursor(c.bytes, start, start + size)
  const stat = {
    type: inner.uint16('type'),
    dev: inner.uint32('dev'),
    qid: inner.qid('qid'),
    mode: inner.uint32('mode'),
    atime: inner.uint32('atime'),
    mtime: inner.uint32('mtime'),
    length: inner.uint64('length'),
    name: inner.text('name'),
    uid: inner.text('uid'),
    gid: inner.text('gid'),
    muid: inner.text('muid'),
  }
  inner.finish('stat')
  return stat
}

/**
 * Reads the stats that a read of a directory gave, all of them whole; throws a {@link MessageError} when they
 * are not.
 *
 * @example
 * ```ts
 * import { decodeStats, DONT_TOUCH, encodeStat, statSize } from '@net/9p'
 *
 * const stat = { ...DONT_TOUCH, name: 'file', length: 5n }
 * const b = new Uint8Array(statSize(stat))
 * console.log(encodeStat(stat, b, 0)) // 53
 * console.log(decodeStats(b).map((s) => s.name).join()) // file
 * ```
 */
export function decodeStats(data: Uint8Array): Stat[] {
  const c = new Cursor(data, 0, data.byteLength)
  const stats: Stat[] = []
  while (c.at < c.end) stats.push(readStat(c))
  return stats
}
