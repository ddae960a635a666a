import { describe, expect, test } from 'vitest'
import {
  decodeMessage,
  decodeStats,
  DONT_TOUCH,
  encodedMessage,
  encodeMessage,
  encodeStat,
  type Message9P,
  MessageError,
  messageSize,
  type Stat,
  STAT_SIZE,
  statSize,
} from '../src/index.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))

const qid = { type: 0x81, version: 0x85848382, path: 0x8d8c8b8a89888786n }
const other = { type: 0x91, version: 0x95949392, path: 0x9d9c9b9a99989796n }
const stat: Stat = {
  type: 0x2221,
  dev: 0x26252423,
  qid,
  mode: 0x2a292827,
  atime: 0x2e2d2c2b,
  mtime: 0x3231302f,
  length: 0x3a39383736353433n,
  name: 'né',
  uid: 'u',
  gid: 'gg',
  muid: '',
}
const statBytes = `
  35 00  21 22  23 24 25 26  81 82 83 84 85 86 87 88 89 8a 8b 8c 8d
  27 28 29 2a  2b 2c 2d 2e  2f 30 31 32  33 34 35 36 37 38 39 3a
  03 00 6e c3 a9  01 00 75  02 00 67 67  00 00`

// Laid out by hand after intro(5): size[4] type[1] tag[2] and the fields; no two values are the same.
const golden: [Message9P, string][] = [
  [
    { type: 100, tag: 0xffff, msize: 0x14131211, version: '9P2000' },
    '13000000 64 ffff 11121314 0600 395032303030',
  ],
  [
    { type: 101, tag: 0xffff, msize: 0x14131211, version: 'unknown' },
    '14000000 65 ffff 11121314 0700 756e6b6e6f776e',
  ],
  [
    { type: 102, tag: 0x0201, afid: 0x14131211, uname: 'ab', aname: 'c' },
    '12000000 66 0102 11121314 0200 6162 0100 63',
  ],
  [{ type: 103, tag: 0x0201, aqid: qid }, '14000000 67 0102 81 82838485 868788898a8b8c8d'],
  [
    { type: 104, tag: 0x0201, fid: 0x14131211, afid: 0x18171615, uname: 'ab', aname: 'c' },
    '16000000 68 0102 11121314 15161718 0200 6162 0100 63',
  ],
  [{ type: 105, tag: 0x0201, qid }, '14000000 69 0102 81 82838485 868788898a8b8c8d'],
  [{ type: 107, tag: 0x0201, ename: 'no' }, '0b000000 6b 0102 0200 6e6f'],
  [{ type: 108, tag: 0x0201, oldtag: 0x0403 }, '09000000 6c 0102 0304'],
  [{ type: 109, tag: 0x0201 }, '07000000 6d 0102'],
  [
    { type: 110, tag: 0x0201, fid: 0x14131211, newfid: 0x18171615, wname: ['a', '', 'bcd'] },
    '1b000000 6e 0102 11121314 15161718 0300 0100 61 0000 0300 626364',
  ],
  [
    { type: 111, tag: 0x0201, wqid: [qid, other] },
    '23000000 6f 0102 0200 81 82838485 868788898a8b8c8d 91 92939495 969798999a9b9c9d',
  ],
  [{ type: 112, tag: 0x0201, fid: 0x14131211, mode: 0x52 }, '0c000000 70 0102 11121314 52'],
  [
    { type: 113, tag: 0x0201, qid, iounit: 0x14131211 },
    '18000000 71 0102 81 82838485 868788898a8b8c8d 11121314',
  ],
  [
    { type: 114, tag: 0x0201, fid: 0x14131211, name: 'xyz', perm: 0x84171615, mode: 0x52 },
    '15000000 72 0102 11121314 0300 78797a 15161784 52',
  ],
  [
    { type: 115, tag: 0x0201, qid, iounit: 0x14131211 },
    '18000000 73 0102 81 82838485 868788898a8b8c8d 11121314',
  ],
  [
    { type: 116, tag: 0x0201, fid: 0x14131211, offset: 0x9c1b1a1918171615n, count: 0x201f1e1d },
    '17000000 74 0102 11121314 15161718191a1b9c 1d1e1f20',
  ],
  [{ type: 117, tag: 0x0201, data: hex('a1 00 a2') }, '0e000000 75 0102 03000000 a100a2'],
  [
    { type: 118, tag: 0x0201, fid: 0x14131211, offset: 0x9c1b1a1918171615n, data: hex('a1 00 a2') },
    '1a000000 76 0102 11121314 15161718191a1b9c 03000000 a100a2',
  ],
  [{ type: 119, tag: 0x0201, count: 0x14131211 }, '0b000000 77 0102 11121314'],
  [{ type: 120, tag: 0x0201, fid: 0x14131211 }, '0b000000 78 0102 11121314'],
  [{ type: 121, tag: 0x0201 }, '07000000 79 0102'],
  [{ type: 122, tag: 0x0201, fid: 0x14131211 }, '0b000000 7a 0102 11121314'],
  [{ type: 123, tag: 0x0201 }, '07000000 7b 0102'],
  [{ type: 124, tag: 0x0201, fid: 0x14131211 }, '0b000000 7c 0102 11121314'],
  [{ type: 125, tag: 0x0201, stat }, `40000000 7d 0102 3700 ${statBytes}`],
  [{ type: 126, tag: 0x0201, fid: 0x14131211, stat }, `44000000 7e 0102 11121314 3700 ${statBytes}`],
  [{ type: 127, tag: 0x0201 }, '07000000 7f 0102'],
]

describe('messages', () => {
  test('the golden bytes have every type', () => {
    const types = golden.map(([message]) => message.type)
    expect(types).toEqual([...Array.from({ length: 6 }, (_, i) => 100 + i), ...types.slice(6)])
    expect(types.slice(6)).toEqual(Array.from({ length: 21 }, (_, i) => 107 + i))
  })

  test.each(golden)('encodeMessage() of type $type gives the golden bytes', (message, bytes) => {
    expect(encodedMessage(message)).toEqual(hex(bytes))
    expect(messageSize(message)).toBe(hex(bytes).length)
  })

  test.each(golden)('decodeMessage() of type $type reads the golden bytes', (message, bytes) => {
    expect(decodeMessage(hex(bytes))).toEqual(message)
    const inside = new Uint8Array(hex(bytes).length + 5).fill(0xee)
    inside.set(hex(bytes), 3)
    expect(decodeMessage(inside, 3, inside.length - 2)).toEqual(message)
  })

  test.each(golden)('decodeMessage() of type $type refuses every shorter frame', (_message, bytes) => {
    const whole = hex(bytes)
    for (let n = 0; n < whole.length; n++) {
      const cut = whole.slice(0, n)
      expect(() => decodeMessage(cut)).toThrow(MessageError)
      if (n < 7) continue
      cut[0] = n // the size is true, the rest is missing
      expect(() => decodeMessage(cut)).toThrow(MessageError)
    }
  })

  test.each(golden)('decodeMessage() of type $type refuses a byte too many', (_message, bytes) => {
    const longer = new Uint8Array([...hex(bytes), 0])
    expect(() => decodeMessage(longer)).toThrow(MessageError)
    longer[0] = longer.length
    expect(() => decodeMessage(longer)).toThrow(MessageError)
  })

  test('decodeMessage() gives the data of reads and writes as views', () => {
    const frame = hex('0e000000 75 0102 03000000 a100a2')
    const message = decodeMessage(frame)
    frame[11] = 0x77
    expect(message).toMatchObject({ data: hex('77 00 a2') })
  })

  test.each([0, 99, 106, 128, 255])('decodeMessage() refuses the unknown type %i', (type) => {
    const frame = hex('07000000 00 0102')
    frame[4] = type
    expect(() => decodeMessage(frame)).toThrow(`unknown message type ${type}`)
  })

  test.each([
    ['17 names', '33000000 6e 0102 11121314 15161718 1100' + '0000'.repeat(17), 'walk of 17 names'],
    ['17 qids', 'e6000000 6f 0102 1100' + '00'.repeat(221), 'walk of 17 qids'],
    ['a NUL in a name', '14000000 6e 0102 11121314 15161718 0100 0100 00', 'NUL in wname'],
    ['an nstat that lies', `40000000 7d 0102 3600 ${statBytes}`, 'nstat says 54 bytes, the stat has 55'],
    [
      'an inner size that lies',
      `40000000 7d 0102 3700 ${statBytes.replace('35 00', '34 00')}`,
      'message ends within',
    ],
    ['a count that lies', '0e000000 75 0102 04000000 a100a2', 'message ends within data'],
    ['a count of 2^32 - 1', '0e000000 75 0102 ffffffff a100a2', 'message ends within data'],
  ])('decodeMessage() refuses %s', (_what, bytes, error) => {
    expect(() => decodeMessage(hex(bytes))).toThrow(MessageError)
    expect(() => decodeMessage(hex(bytes))).toThrow(error)
  })

  test('decodeMessage() refuses a frame outside the buffer', () => {
    expect(() => decodeMessage(hex('07000000 6d 0102'), 0, 8)).toThrow(MessageError)
    expect(() => decodeMessage(hex('07000000 6d 0102'), -1, 7)).toThrow(MessageError)
  })

  test.each<[string, Message9P]>([
    ['a tag too large', { type: 109, tag: 0x10000 }],
    ['a negative fid', { type: 120, tag: 1, fid: -1 }],
    ['a fid that is no whole number', { type: 120, tag: 1, fid: 1.5 }],
    ['an offset too large', { type: 116, tag: 1, fid: 1, offset: 1n << 64n, count: 0 }],
    ['a negative offset', { type: 116, tag: 1, fid: 1, offset: -1n, count: 0 }],
    ['17 names', { type: 110, tag: 1, fid: 1, newfid: 2, wname: Array.from({ length: 17 }, () => 'a') }],
    ['a text too long', { type: 107, tag: 1, ename: 'é'.repeat(32_768) }],
    ['a NUL', { type: 107, tag: 1, ename: 'a\0b' }],
    ['a mode too large', { type: 112, tag: 1, fid: 1, mode: 256 }],
    ['a stat too long', { type: 125, tag: 1, stat: { ...stat, name: 'x'.repeat(65_500) } }],
  ])('encodeMessage() refuses %s', (_what, message) => {
    expect(() => encodedMessage(message)).toThrow(MessageError)
  })

  test('encodeMessage() refuses a buffer that is too small', () => {
    expect(() => encodeMessage({ type: 109, tag: 1 }, new Uint8Array(10), 4)).toThrow(
      'does not fit the buffer',
    )
    expect(encodeMessage({ type: 109, tag: 1 }, new Uint8Array(11), 4)).toBe(11)
  })

  test.each(['', 'plain', 'naïve', '日本語', '🜚', '\ufeffmark', 'x'.repeat(100), 'é'.repeat(100)])(
    'a text %j comes back',
    (ename) => {
      const message: Message9P = { type: 107, tag: 1, ename }
      expect(decodeMessage(encodedMessage(message))).toEqual(message)
    },
  )

  test.each([
    ['\ud800', '\ufffd'],
    ['\udc00', '\ufffd'],
    ['a\ud800b', 'a\ufffdb'],
    ['\udc00\ud800', '\ufffd\ufffd'],
    ['🜚\ud83d', '🜚\ufffd'],
  ])('half a pair becomes U+FFFD', (ename, whole) => {
    expect(decodeMessage(encodedMessage({ type: 107, tag: 1, ename }))).toMatchObject({ ename: whole })
  })
})

describe('stats', () => {
  test('statSize() and encodeStat() agree with the layout', () => {
    const b = new Uint8Array(60)
    expect(statSize(stat)).toBe(55)
    expect(encodeStat(stat, b, 2)).toBe(57)
    expect(b.subarray(2, 57)).toEqual(hex(statBytes))
    expect(statSize(DONT_TOUCH)).toBe(STAT_SIZE)
  })

  test('decodeStats() reads one after the other, and refuses a part', () => {
    const two = new Uint8Array([...hex(statBytes), ...hex(statBytes)])
    expect(decodeStats(two)).toEqual([stat, stat])
    expect(decodeStats(new Uint8Array())).toEqual([])
    expect(() => decodeStats(two.subarray(0, 109))).toThrow(MessageError)
  })

  test('DONT_TOUCH is all ones and empty texts', () => {
    const b = new Uint8Array(STAT_SIZE)
    encodeStat(DONT_TOUCH, b, 0)
    expect(b).toEqual(hex(`2f00 ${'ff'.repeat(39)} ${'00'.repeat(8)}`))
  })
})
