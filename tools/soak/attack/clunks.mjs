// Clunks of fids that are not there, each answered with an error at once, without a pause: four sessions of
// one peer.
import { Tclunk } from '@net/9p'
import { forever, frame, frames, RawSession } from '../export/raw_session.mjs'

const flood = frames(5000, (i) => frame(Tclunk, i, { fid: 1_000_000 + i }))

export async function attack({ port, begun }) {
  const one = async () => {
    const session = await RawSession.attach(port)
    session.discard().catch(() => {})
    begun()
    for (;;) await session.conn.write(flood)
  }
  await Promise.all(Array.from({ length: 4 }, () => forever(one)))
}
