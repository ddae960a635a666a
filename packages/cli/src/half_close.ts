import { isRefusal, type Conn } from '@net/core'

interface HalfCloser extends Conn {
  closeWrite(): Promise<void>
}

/**
 * Tells the peer that nothing more comes, where the connection can. Where it can't (datagrams, a `/net`) this
 * end stops reading after `silence` milliseconds in which nothing came, and the read fails with a deadline's
 * error.
 */
export async function closeWrite(conn: Conn, silence: number): Promise<void> {
  try {
    if ('closeWrite' in conn) {
      await (conn as HalfCloser).closeWrite()
      return
    }
  } catch (e) {
    if (!isRefusal(e)) throw e
  }
  conn.setReadDeadline(Date.now() + silence)
  conn.setReadTimeout(silence)
}
