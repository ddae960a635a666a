// Stats of the root, which is there, without a pause: eight sessions of one peer.
import { Tstat } from '@net/9p'
import { forever, frame, frames, RawSession } from '../export/raw_session.mjs'

const flood = frames(2000, (i) => frame(Tstat, i, { fid: 0 }))

export async function attack({ port, begun }) {
  const one = async () => {
    const session = await RawSession.attach(port)
    session.discard().catch(() => {})
    begun()
    for (;;) await session.conn.write(flood)
  }
  await Promise.all(Array.from({ length: 8 }, () => forever(one)))
}
