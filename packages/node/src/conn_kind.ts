import type { Conn, TCPConn } from '@net/contract'

/** Whether a connection has what only TCP has. */
export function isTCP(conn: Conn): conn is TCPConn {
  return 'setNoDelay' in conn && typeof conn.setNoDelay === 'function'
}

/** What writes that have queued are written as: each by itself where each is a message of its own, else all together. */
export function piecesOf(conn: Conn | null, queued: readonly { readonly chunk: Uint8Array }[]): Uint8Array[] {
  const chunks = queued.map(({ chunk }) => chunk)
  return conn !== null && keepsMessages(conn) ? chunks : [Buffer.concat(chunks)]
}

// TCP is not asked for its address, which may cost a system call.
function keepsMessages(conn: Conn): boolean {
  return !isTCP(conn) && /^(udp|ip|unixgram|unixpacket)/.test(conn.localAddr?.network ?? '')
}
