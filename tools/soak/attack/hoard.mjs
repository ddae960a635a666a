// Conversations that announce and are kept: all that three peers with eight sessions each can get.
import { Topen, Twalk, Twrite } from '@net/9p'
import { forever, frame, frames, RawSession } from '../export/raw_session.mjs'

const EACH = 1000
const announce = Buffer.from('announce 127.0.0.1!0')

export async function attack({ port, begun }) {
  const one = (n) => async () => {
    const session = await RawSession.attach(port, n % 3)
    session.discard().catch(() => {})
    begun()
    for (const [proto, base] of [
      ['tcp', 1],
      ['udp', 1 + EACH],
    ]) {
      const walk = (i) => frame(Twalk, i, { fid: 0, newfid: base + i, wname: [proto, 'clone'] })
      await session.conn.write(frames(EACH, walk))
      await session.conn.write(frames(EACH, (i) => frame(Topen, i, { fid: base + i, mode: 2 })))
      const ask = (i) => frame(Twrite, i, { fid: base + i, offset: 0n, data: announce })
      await session.conn.write(frames(EACH, ask))
    }
    await new Promise(() => {})
  }
  await Promise.all(Array.from({ length: 24 }, (_, n) => forever(one(n))))
}
