import { allocBuffer, ErrClosed, ErrDeadlineExceeded, isErr, type Conn, type IOOptions } from '@net/core'
import { closeWrite } from './half_close.ts'
import { Progress } from './progress.ts'
import type { Session } from '../session/session.ts'

const CHUNK = 65536 // bytes: a datagram is never longer

/**
 * Sends the input to a connection, which it closes in the end, and writes what it answers to the output,
 * until both ways have ended; a terminal shows how it goes. Datagrams have no end, and a `/net` can't tell of one: after the input's end
 * the exchange is over when nothing came for `wait` milliseconds. Gives the bytes of each way.
 */
export async function exchange(
  conn: Conn,
  session: Session,
  wait: number,
): Promise<{ sent: number; received: number }> {
  using progress = new Progress(session)
  const sending = send(conn, session, wait, progress)
  try {
    const [received, sent] = await Promise.all([receive(conn, session, progress), sending])
    return { sent, received }
  } finally {
    session.input.destroy()
    await conn.close()
    await sending.catch(() => {}) // whichever way failed first has told why
  }
}

/** Sends back what comes, until the peer ends, and gives the number of bytes. */
export async function echo(conn: Conn, options: IOOptions): Promise<number> {
  const p = allocBuffer(CHUNK)
  let bytes = 0
  for (let n = await conn.read(p, options); n !== null; n = await conn.read(p, options))
    bytes += await conn.write(p.subarray(0, n), options)
  return bytes
}

async function send(
  conn: Conn,
  { input, ending }: Session,
  wait: number,
  progress: Progress,
): Promise<number> {
  let sent = 0
  for await (const chunk of input) {
    const n = await conn.write(chunk as Uint8Array, ending)
    progress.sent(n)
    sent += n
  }
  await closeWrite(conn, wait)
  return sent
}

/** Writes what comes to the output, until the peer ends, and gives the number of bytes. */
export async function receive(conn: Conn, session: Session, progress?: Progress): Promise<number> {
  for (let received = 0; ;) {
    const p = new Uint8Array(CHUNK)
    let n: number | null
    try {
      n = await conn.read(p, session.ending)
    } catch (e) {
      session.ending.throwIfOver()
      if (isErr(e, ErrDeadlineExceeded) || isErr(e, ErrClosed)) return received
      throw e
    }
    if (n === null) return received
    received += n
    progress?.received(n)
    conn.setReadDeadline(null)
    await session.write(p.subarray(0, n))
  }
}
