import { allocBuffer, ErrDeadlineExceeded, isErr, type Conn } from '@net/core'
import type { Ending } from '@net/io'
import { closeWrite } from './half_close.ts'

const CHUNK = 65536 // bytes for each way
const LAST_WORDS = 2000 // milliseconds of silence after an end that the other side cannot be told of

interface Lingering {
  setLinger(seconds: number): void
}

/**
 * Passes bytes on between two connections, both ways, until both have ended, and closes them. Each way reads
 * no faster than the other connection takes it. An end of stream is passed on where the connection can
 * half-close (a `/net` cannot: there the other way has two seconds of silence left); a connection that breaks
 * breaks the other one, and so does `ending`. Never rejects.
 */
export async function relay(
  a: Conn,
  b: Conn,
  count: { sent(n: number): void; received(n: number): void },
  ending: Ending,
): Promise<void> {
  const ways = [pass(a, b, (n) => count.sent(n)), pass(b, a, (n) => count.received(n))]
  const stopping = { ended: () => void Promise.allSettled([a.close(), b.close()]) }
  if (ending.isOver) stopping.ended()
  else ending.add(stopping)
  try {
    await Promise.all(ways)
  } catch {
    // The other peer must see a reset, so that what it got does not look whole.
    for (const conn of [a, b]) abandon(conn)
  }
  ending.delete(stopping)
  await Promise.allSettled([a.close(), b.close()])
  await Promise.allSettled(ways)
}

async function pass(from: Conn, to: Conn, count: (n: number) => void): Promise<void> {
  const p = allocBuffer(CHUNK)
  try {
    for (let n = await from.read(p); n !== null; n = await from.read(p)) {
      await to.write(p.subarray(0, n))
      count(n)
    }
  } catch (e) {
    if (!isErr(e, ErrDeadlineExceeded)) throw e
  }
  await closeWrite(to, LAST_WORDS)
}

function abandon(conn: Conn): void {
  if (!('setLinger' in conn)) return
  try {
    ;(conn as Conn & Lingering).setLinger(0)
  } catch {
    // A connection that is closed already needs no reset.
  }
}

/** Says something last: writes it, and lets the client read it before the connection goes. Never rejects. */
export async function dismiss(conn: Conn, words: Uint8Array): Promise<void> {
  conn.setDeadline(Date.now() + LAST_WORDS)
  try {
    await conn.write(words)
    await closeWrite(conn, LAST_WORDS)
    // What the client still sends would otherwise reset the connection before it has read.
    const p = new Uint8Array(4096)
    for (let left = 1 << 20; left > 0;) {
      const n = await conn.read(p)
      if (n === null) break
      left -= n
    }
  } catch {
    // The client has gone without hearing it.
  }
  await conn.close()
}
