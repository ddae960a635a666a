import type { Conn } from '@net/core'
import { endWriting } from '@net/node/half-close'

/**
 * Tells the peer that nothing more comes, where the connection can. Where it can't (datagrams, a `/net`) this end stops
 * reading after `silence` milliseconds in which nothing came, and the read fails with a deadline's error.
 */
export async function closeWrite(conn: Conn, silence: number): Promise<void> {
  if (await endWriting(conn)) return
  conn.setReadDeadline(Date.now() + silence)
  conn.setReadTimeout(silence)
}
