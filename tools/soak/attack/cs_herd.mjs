// Thousands of questions to cs at once, on as many open files, again and again.
import { Topen, Twalk, Twrite } from '@net/9p'
import { forever, frame, frames, RawSession } from '../export/raw_session.mjs'

const FILES = 4000
const query = Buffer.from('tcp!127.0.0.1!80')

export async function attack({ port, begun }) {
  const one = async () => {
    const session = await RawSession.attach(port)
    session.discard().catch(() => {})
    await session.conn.write(frames(FILES, (i) => frame(Twalk, i, { fid: 0, newfid: i + 1, wname: ['cs'] })))
    await session.conn.write(frames(FILES, (i) => frame(Topen, i, { fid: i + 1, mode: 2 })))
    begun()
    const herd = frames(FILES, (i) => frame(Twrite, i, { fid: i + 1, offset: 0n, data: query }))
    for (;;) await session.conn.write(herd)
  }
  await Promise.all(Array.from({ length: 2 }, () => forever(one)))
}
