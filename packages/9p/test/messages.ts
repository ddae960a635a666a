import fc from 'fast-check'
import type { Message9P, Qid, Stat } from '../src/index.ts'

const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const u64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn })
// Text without NUL whose surrogates are in pairs: what UTF-8 can carry unchanged.
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((s) => s.replaceAll('\0', '.'))
const data = fc.uint8Array({ maxLength: 200 })

const qids: fc.Arbitrary<Qid> = fc.record({ type: u8, version: u32, path: u64 })

const stats: fc.Arbitrary<Stat> = fc.record({
  type: u16,
  dev: u32,
  qid: qids,
  mode: u32,
  atime: u32,
  mtime: u32,
  length: u64,
  name: text,
  uid: text,
  gid: text,
  muid: text,
})

/** Any message whose tags and fids are taken from the given ones. */
export function messages(
  tag: fc.Arbitrary<number>,
  fid: fc.Arbitrary<number>,
  name: fc.Arbitrary<string> = text,
): fc.Arbitrary<Message9P> {
  const of = <T extends Message9P['type'], F>(
    type: T,
    fields: F,
  ): F & { type: fc.Arbitrary<T>; tag: typeof tag } => ({
    ...fields,
    type: fc.constant(type),
    tag,
  })
  const offset = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 100n }), u64)
  const count = fc.oneof(fc.integer({ min: 0, max: 300 }), u32)
  const mode = fc.oneof(fc.integer({ min: 0, max: 3 }), u8)
  const wname = fc.array(name, { maxLength: 16 })
  return fc.oneof(
    fc.record(of(100, { msize: u32, version: fc.oneof(fc.constant('9P2000'), text) })),
    fc.record(of(101, { msize: u32, version: text })),
    fc.record(of(102, { afid: fid, uname: text, aname: text })),
    fc.record(of(103, { aqid: qids })),
    fc.record(of(104, { fid, afid: fid, uname: text, aname: text })),
    fc.record(of(105, { qid: qids })),
    fc.record(of(107, { ename: text })),
    fc.record(of(108, { oldtag: tag })),
    fc.record(of(109, {})),
    fc.record(of(110, { fid, newfid: fid, wname })),
    fc.record(of(111, { wqid: fc.array(qids, { maxLength: 16 }) })),
    fc.record(of(112, { fid, mode })),
    fc.record(of(113, { qid: qids, iounit: u32 })),
    fc.record(of(114, { fid, name, perm: u32, mode })),
    fc.record(of(115, { qid: qids, iounit: u32 })),
    fc.record(of(116, { fid, offset, count })),
    fc.record(of(117, { data })),
    fc.record(of(118, { fid, offset, data })),
    fc.record(of(119, { count: u32 })),
    fc.record(of(120, { fid })),
    fc.record(of(121, {})),
    fc.record(of(122, { fid })),
    fc.record(of(123, {})),
    fc.record(of(124, { fid })),
    fc.record(of(125, { stat: stats })),
    fc.record(of(126, { fid, stat: stats })),
    fc.record(of(127, {})),
  )
}

/** Any message. */
export const anyMessage: fc.Arbitrary<Message9P> = messages(u16, u32)
