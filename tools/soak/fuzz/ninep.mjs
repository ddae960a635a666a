// 9P with wrong words in it: clients that say anything to an export, and servers that answer anything to a client.
import {
  Client,
  decodeMessage,
  encodedMessage,
  NOFID,
  NOTAG,
  ORDWR,
  Rattach,
  Rerror,
  Rversion,
  Tattach,
  Tversion,
} from '@net/9p'
import { parseIP, TCPAddr } from '@net/addr'
import { checkNear } from '@net/peers'
import { exportNet } from '@net/netfs'
import { posix } from '@net/posix'

const HOST = '127.0.0.1'
const MSIZE = 8216
const loopback = new TCPAddr(parseIP(HOST), 0)
const target = posix()
const NAMES = [
  'tcp',
  'udp',
  'clone',
  '0',
  '1',
  'ctl',
  'data',
  'listen',
  'err',
  'status',
  'cs',
  'ndb',
  'ipifc',
  '..',
  '.',
  '',
  'a/b',
]
const WORDS = [
  'connect 127.0.0.1!9',
  'announce 127.0.0.1!0',
  'announce *!0',
  'hangup',
  'bind 0',
  'headers',
  'keepalive',
  'tcp!127.0.0.1!80',
  'connect ::1!9',
  '\u0000',
  '!',
]
const TYPES = [104, 108, 110, 110, 110, 112, 112, 114, 116, 116, 118, 118, 120, 122, 124, 126]

/** A message of a type, with fields that may be right. */
function message(type, dice) {
  const fid = () => dice.of([0, 1, 2, 3, 4, 5, NOFID])
  return {
    type,
    tag: dice.of([0, 1, 2, 3, 4, 5, 6, 7, NOTAG]),
    fid: fid(),
    afid: fid(),
    newfid: fid(),
    uname: 'x',
    aname: '',
    oldtag: dice.below(8),
    wname: Array.from({ length: dice.below(4) }, () => dice.of(NAMES)),
    mode: dice.of([0, 1, 2, 3, 0x12, 0x42]),
    offset: BigInt(dice.of([0, 0, 0, 1, 4096])),
    count: dice.of([0, 10, 200, 9000]),
    data: Buffer.from(dice.of(WORDS)),
    name: dice.of(NAMES),
    perm: 0,
    stat: Buffer.alloc(dice.below(60), dice.below(256)),
    msize: dice.of([MSIZE, 0, 256, 2 ** 32 - 1]),
    version: dice.of(['9P2000', '9P1999', 'unknown', '']),
    ename: 'no',
    qid: { type: dice.of([0, 0x80, 0xff]), version: 0, path: 0n },
    wqid: Array.from({ length: dice.below(4) }, () => ({ type: 0, version: 0, path: 1n })),
    aqid: { type: 0, version: 0, path: 0n },
    iounit: dice.below(9000),
  }
}

/** The bytes of a message of a type, now and then with some that are wrong. */
function bytesOf(type, dice, fields = {}) {
  let bytes
  try {
    bytes = Buffer.from(encodedMessage({ ...message(type, dice), ...fields }))
  } catch {
    bytes = Buffer.from([7, 0, 0, 0, type, 0, 0]) // fields that no message of the type can have
  }
  if (dice.below(8) === 0) bytes[dice.below(bytes.byteLength)] = dice.below(256)
  if (dice.below(32) === 0) return bytes.subarray(0, dice.below(bytes.byteLength))
  return bytes
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

async function discard(conn) {
  const p = new Uint8Array(1 << 14)
  while ((await conn.read(p)) !== null);
}

async function dial(addr) {
  checkNear(HOST)
  return target.dialTCP('tcp', null, addr)
}

/** Clients that say anything to an export. */
export async function fuzzExport() {
  const listener = await target.listenTCP('tcp', loopback)
  const { addr } = listener
  const served = exportNet(target, listener, { limits: { conversations: 64 } })
  let said = 0
  return {
    async round(dice) {
      const conn = await dial(addr)
      const reading = discard(conn).catch(() => {})
      try {
        if (dice.below(16) > 0) {
          await conn.write(encodedMessage({ type: Tversion, tag: NOTAG, msize: MSIZE, version: '9P2000' }))
          await conn.write(
            encodedMessage({ type: Tattach, tag: 0, fid: 0, afid: NOFID, uname: 'x', aname: '' }),
          )
        }
        for (let i = dice.below(60); i > 0; i--) {
          await conn.write(bytesOf(dice.of(TYPES), dice))
          said++
          if (dice.below(4) === 0) await turn()
        }
        if (dice.below(2) === 0) await conn.closeWrite()
      } catch {
        // The export has hung up, as it does on whom it cannot understand.
      }
      if (dice.below(2) === 0) conn.setLinger(0)
      await conn.close()
      await reading
    },
    async stop() {
      while (served.activity.sessions > 0) await turn()
      const { sessions, conversations } = served.activity
      await served.close()
      return conversations === 0
        ? []
        : [`an export without sessions (${sessions}) has ${conversations} conversations`]
    },
    tells: () => `${said} messages`,
  }
}

/** Servers that answer anything to a client. */
export async function fuzzClient() {
  const listener = await target.listenTCP('tcp', loopback)
  const wrongs = []
  let acts = 0

  // Reads requests, and answers each with what it may be, or with anything, or not at all.
  const answer = async (conn, dice) => {
    let kept = Buffer.alloc(0)
    const p = new Uint8Array(1 << 14)
    for (let n = await conn.read(p); n !== null; n = await conn.read(p)) {
      kept = Buffer.concat([kept, p.subarray(0, n)])
      while (kept.byteLength >= 4 && kept.byteLength >= kept.readUInt32LE(0)) {
        const size = kept.readUInt32LE(0)
        const { type, tag } = decodeMessage(kept.subarray(0, size))
        kept = kept.subarray(size)
        if (type === Tversion)
          await conn.write(encodedMessage({ type: Rversion, tag, msize: MSIZE, version: '9P2000' }))
        else if (type === Tattach)
          await conn.write(encodedMessage({ type: Rattach, tag, qid: message(0, dice).qid }))
        else if (dice.below(8) > 0)
          await conn.write(bytesOf(dice.of([type + 1, type + 1, type + 1, Rerror, 121]), dice, { tag }))
      }
    }
  }

  const act = (root, what, options) => {
    const p = new Uint8Array(50)
    if (what === 0) return root.walk(['a', 'b'], options).then((fid) => fid.clunk(options))
    if (what === 1) return root.open(ORDWR, options)
    if (what === 2) return root.read(p, 0, options)
    if (what === 3) return root.write(p, 0, options)
    return root.stat(options)
  }

  return {
    async round(dice) {
      const accepting = listener.accept()
      const near = await dial(listener.addr)
      const far = await accepting
      const answering = answer(far, dice).catch(() => {})
      const client = await Client.connect(near, { msize: MSIZE })
      const root = await client.attach().catch(() => null)
      const pending = []
      for (let i = root === null ? 0 : dice.below(30); i > 0; i--) {
        const abort = new AbortController()
        pending.push(act(root, dice.below(5), { signal: abort.signal }).catch(() => {}))
        acts++
        if (dice.below(4) === 0) abort.abort()
        if (dice.below(4) === 0) await turn()
      }
      await client.close()
      await Promise.all(pending)
      if (client.requests !== 0 || client.fids !== 0)
        wrongs.push(`a closed client has ${client.requests} requests and ${client.fids} fids`)
      await far.close()
      await answering
    },
    async stop() {
      await listener.close()
      return wrongs
    },
    tells: () => `${acts} requests`,
  }
}
