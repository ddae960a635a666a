import { getUint32, putUint16, putUint32, putUint64 } from './bytes.ts'
import { HEADER_SIZE, MAXWELEM } from './constants.ts'
import { checkRange, checkUint64, Cursor, MessageError, putSized, textSize } from './cursor.ts'
import * as m from './message.ts'
import { encodeQid, type Qid, QID_SIZE } from './qid.ts'
import { checkQid, encodeStat, readStat, type Stat, statSize } from './stat.ts'

// A frame, all numbers little-endian:
//
//   0       4       5      7
//   size[4] type[1] tag[2] the fields of the type, as drawn in message.ts and intro(5)
//
// size counts the whole frame, itself included.

const MAX32 = 0xffffffff

/**
 * The exact bytes of a message's frame. Throws a {@link MessageError} when a text or list is too long.
 *
 * @example
 * ```ts
 * import { messageSize, Tclunk } from '@net/9p'
 *
 * console.log(messageSize({ type: Tclunk, tag: 1, fid: 7 })) // 11
 * ```
 */
export function messageSize(x: m.Message9P): number {
  switch (x.type) {
    case m.Tversion:
    case m.Rversion:
      return HEADER_SIZE + 4 + textSize(x.version, 'version')
    case m.Tauth:
      return HEADER_SIZE + 4 + textSize(x.uname, 'uname') + textSize(x.aname, 'aname')
    case m.Tattach:
      return HEADER_SIZE + 8 + textSize(x.uname, 'uname') + textSize(x.aname, 'aname')
    case m.Rauth:
    case m.Rattach:
      return HEADER_SIZE + QID_SIZE
    case m.Rerror:
      return HEADER_SIZE + textSize(x.ename, 'ename')
    case m.Tflush:
      return HEADER_SIZE + 2
    case m.Twalk: {
      checkRange(x.wname.length, MAXWELEM, 'nwname')
      let n = HEADER_SIZE + 10
      for (const name of x.wname) n += textSize(name, 'wname')
      return n
    }
    case m.Rwalk:
      return HEADER_SIZE + 2 + checkRange(x.wqid.length, MAXWELEM, 'nwqid') * QID_SIZE
    case m.Topen:
      return HEADER_SIZE + 5
    case m.Ropen:
    case m.Rcreate:
      return HEADER_SIZE + QID_SIZE + 4
    case m.Tcreate:
      return HEADER_SIZE + 9 + textSize(x.name, 'name')
    case m.Tread:
      return HEADER_SIZE + 16
    case m.Rread:
      return HEADER_SIZE + 4 + x.data.byteLength
    case m.Twrite:
      return HEADER_SIZE + 16 + x.data.byteLength
    case m.Rwrite:
    case m.Tclunk:
    case m.Tremove:
    case m.Tstat:
      return HEADER_SIZE + 4
    case m.Rflush:
    case m.Rclunk:
    case m.Rremove:
    case m.Rwstat:
      return HEADER_SIZE
    case m.Rstat:
      return HEADER_SIZE + 2 + statSize(x.stat)
    case m.Twstat:
      return HEADER_SIZE + 6 + statSize(x.stat)
  }
}

/**
 * Writes the frame of a message into `b` at `at` and gives the offset behind it. The frame takes
 * {@link messageSize} bytes; throws a {@link MessageError}, with `b` in an unknown state there, when they are
 * not free or a field does not fit.
 *
 * @example
 * ```ts
 * import { encodeMessage, messageSize, Tclunk } from '@net/9p'
 *
 * const b = new Uint8Array(messageSize({ type: Tclunk, tag: 1, fid: 7 }))
 * console.log(encodeMessage({ type: Tclunk, tag: 1, fid: 7 }, b)) // 11
 * ```
 */
export function encodeMessage(x: m.Message9P, b: Uint8Array, at = 0): number {
  const size = messageSize(x)
  if (at + size > b.byteLength) throw new MessageError(`frame of ${size} bytes does not fit the buffer`)
  putUint32(b, at, size)
  b[at + 4] = x.type
  putUint16(b, at + 5, checkRange(x.tag, 0xffff, 'tag'))
  encodeFields(x, b, at + HEADER_SIZE)
  return at + size
}

/**
 * Gives the frame of a message in a buffer of its own. Throws a {@link MessageError} when a field does not
 * fit.
 *
 * @example
 * ```ts
 * import { decodeMessage, encodedMessage, Tclunk } from '@net/9p'
 *
 * const frame = encodedMessage({ type: Tclunk, tag: 1, fid: 7 })
 * console.log(frame.byteLength) // 11
 * const message = decodeMessage(frame)
 * if (message.type === Tclunk) console.log(message.fid) // 7
 * ```
 */
export function encodedMessage(x: m.Message9P): Uint8Array<ArrayBuffer> {
  const b = new Uint8Array(messageSize(x))
  encodeMessage(x, b)
  return b
}

function encodeFields(x: m.Message9P, b: Uint8Array, at: number): void {
  switch (x.type) {
    case m.Tversion:
    case m.Rversion:
      put32(b, at, x.msize, 'msize')
      putSized(b, at + 4, x.version)
      return
    case m.Tauth:
      put32(b, at, x.afid, 'afid')
      putSized(b, putSized(b, at + 4, x.uname), x.aname)
      return
    case m.Tattach:
      put32(b, at, x.fid, 'fid')
      put32(b, at + 4, x.afid, 'afid')
      putSized(b, putSized(b, at + 8, x.uname), x.aname)
      return
    case m.Rauth:
      putQid(b, at, x.aqid)
      return
    case m.Rattach:
      putQid(b, at, x.qid)
      return
    case m.Rerror:
      putSized(b, at, x.ename)
      return
    case m.Tflush:
      putUint16(b, at, checkRange(x.oldtag, 0xffff, 'oldtag'))
      return
    case m.Twalk: {
      put32(b, at, x.fid, 'fid')
      put32(b, at + 4, x.newfid, 'newfid')
      putUint16(b, at + 8, x.wname.length)
      let end = at + 10
      for (const name of x.wname) end = putSized(b, end, name)
      return
    }
    case m.Rwalk: {
      putUint16(b, at, x.wqid.length)
      let end = at + 2
      for (const qid of x.wqid) end = putQid(b, end, qid)
      return
    }
    case m.Topen:
      put32(b, at, x.fid, 'fid')
      b[at + 4] = checkRange(x.mode, 0xff, 'mode')
      return
    case m.Ropen:
    case m.Rcreate:
      put32(b, putQid(b, at, x.qid), x.iounit, 'iounit')
      return
    case m.Tcreate: {
      put32(b, at, x.fid, 'fid')
      const end = putSized(b, at + 4, x.name)
      put32(b, end, x.perm, 'perm')
      b[end + 4] = checkRange(x.mode, 0xff, 'mode')
      return
    }
    case m.Tread:
      put32(b, at, x.fid, 'fid')
      putUint64(b, at + 4, checkUint64(x.offset, 'offset'))
      put32(b, at + 12, x.count, 'count')
      return
    case m.Rread:
      putUint32(b, at, x.data.byteLength)
      b.set(x.data, at + 4)
      return
    case m.Twrite:
      put32(b, at, x.fid, 'fid')
      putUint64(b, at + 4, checkUint64(x.offset, 'offset'))
      putUint32(b, at + 12, x.data.byteLength)
      b.set(x.data, at + 16)
      return
    case m.Rwrite:
      put32(b, at, x.count, 'count')
      return
    case m.Tclunk:
    case m.Tremove:
    case m.Tstat:
      put32(b, at, x.fid, 'fid')
      return
    case m.Rflush:
    case m.Rclunk:
    case m.Rremove:
    case m.Rwstat:
      return
    case m.Rstat:
      putUint16(b, at, encodeStat(x.stat, b, at + 2) - at - 2)
      return
    case m.Twstat:
      put32(b, at, x.fid, 'fid')
      putUint16(b, at + 4, encodeStat(x.stat, b, at + 6) - at - 6)
  }
}

function put32(b: Uint8Array, at: number, x: number, what: string): void {
  putUint32(b, at, checkRange(x, MAX32, what))
}

function putQid(b: Uint8Array, at: number, qid: Qid): number {
  checkQid(qid)
  return encodeQid(qid, b, at)
}

/**
 * Reads the one frame that `b` holds from `start` to `end`. Rread and Twrite give views of `b` as their data;
 * all else is copied. Throws a {@link MessageError}, and nothing else, when the bytes are not exactly one
 * message.
 *
 * @example
 * ```ts
 * import { decodeMessage, encodedMessage, Tclunk } from '@net/9p'
 *
 * const frame = encodedMessage({ type: Tclunk, tag: 1, fid: 7 })
 * console.log(frame.byteLength) // 11
 * const message = decodeMessage(frame)
 * if (message.type === Tclunk) console.log(message.fid) // 7
 * ```
 */
export function decodeMessage(b: Uint8Array, start = 0, end = b.byteLength): m.Message9P {
  if (start < 0 || start > end || end > b.byteLength) throw new MessageError('frame lies outside the buffer')
  const c = new Cursor(b, start, end)
  c.take(HEADER_SIZE, 'the header')
  const size = getUint32(b, start)
  if (size !== end - start) throw new MessageError(`size says ${size} bytes, there are ${end - start}`)
  const type = b[start + 4] ?? 0
  const x = decodeFields(type, (b[start + 5] ?? 0) | ((b[start + 6] ?? 0) << 8), c)
  c.finish('message')
  return x
}

function decodeFields(type: number, tag: number, c: Cursor): m.Message9P {
  switch (type) {
    case m.Tversion:
    case m.Rversion:
      return { type, tag, msize: c.uint32('msize'), version: c.text('version') }
    case m.Tauth:
      return { type, tag, afid: c.uint32('afid'), uname: c.text('uname'), aname: c.text('aname') }
    case m.Rauth:
      return { type, tag, aqid: c.qid('aqid') }
    case m.Tattach: {
      const fid = c.uint32('fid')
      return { type, tag, fid, afid: c.uint32('afid'), uname: c.text('uname'), aname: c.text('aname') }
    }
    case m.Rattach:
      return { type, tag, qid: c.qid('qid') }
    case m.Rerror:
      return { type, tag, ename: c.text('ename') }
    case m.Tflush:
      return { type, tag, oldtag: c.uint16('oldtag') }
    case m.Twalk:
      return { type, tag, fid: c.uint32('fid'), newfid: c.uint32('newfid'), wname: names(c) }
    case m.Rwalk:
      return { type, tag, wqid: qids(c) }
    case m.Topen:
      return { type, tag, fid: c.uint32('fid'), mode: c.uint8('mode') }
    case m.Ropen:
    case m.Rcreate:
      return { type, tag, qid: c.qid('qid'), iounit: c.uint32('iounit') }
    case m.Tcreate: {
      const fid = c.uint32('fid')
      return { type, tag, fid, name: c.text('name'), perm: c.uint32('perm'), mode: c.uint8('mode') }
    }
    case m.Tread:
      return { type, tag, fid: c.uint32('fid'), offset: c.uint64('offset'), count: c.uint32('count') }
    case m.Rread:
      return { type, tag, data: data(c) }
    case m.Twrite:
      return { type, tag, fid: c.uint32('fid'), offset: c.uint64('offset'), data: data(c) }
    case m.Rwrite:
      return { type, tag, count: c.uint32('count') }
    case m.Tclunk:
    case m.Tremove:
    case m.Tstat:
      return { type, tag, fid: c.uint32('fid') }
    case m.Rflush:
    case m.Rclunk:
    case m.Rremove:
    case m.Rwstat:
      return { type, tag }
    case m.Rstat:
      return { type, tag, stat: nested(c) }
    case m.Twstat:
      return { type, tag, fid: c.uint32('fid'), stat: nested(c) }
    default:
      throw new MessageError(`unknown message type ${type}`)
  }
}

function names(c: Cursor): string[] {
  const n = c.uint16('nwname')
  if (n > MAXWELEM) throw new MessageError(`walk of ${n} names, more than ${MAXWELEM}`)
  const wname: string[] = []
  for (let i = 0; i < n; i++) wname.push(c.text('wname'))
  return wname
}

function qids(c: Cursor): Qid[] {
  const n = c.uint16('nwqid')
  if (n > MAXWELEM) throw new MessageError(`walk of ${n} qids, more than ${MAXWELEM}`)
  const wqid: Qid[] = []
  for (let i = 0; i < n; i++) wqid.push(c.qid('wqid'))
  return wqid
}

function data(c: Cursor): Uint8Array {
  const n = c.uint32('count')
  const at = c.take(n, 'data')
  return c.bytes.subarray(at, at + n)
}

function nested(c: Cursor): Stat {
  const n = c.uint16('nstat')
  const start = c.at
  const stat = readStat(c)
  if (c.at - start !== n) throw new MessageError(`nstat says ${n} bytes, the stat has ${c.at - start}`)
  return stat
}
