import type { IOOptions } from '@net/contract'
import { turnTaken, type Ending } from '@net/io'
import type { Parser } from '../dns/parser.ts'
import type { QueryMessage } from './query_message.ts'
import { closeConn, dialUntil, type DNSConn, type ServerDial } from './server_dial.ts'

/** Asks a server over a connection that is dialled for it, in at most `timeout` milliseconds. Rejects with why there is no reply. */
export async function askByStream(
  dial: ServerDial,
  network: string,
  server: string,
  message: QueryMessage,
  timeout: number,
  ending: Ending | null,
): Promise<Parser> {
  const end = performance.now() + timeout
  return askOverStream(await dialUntil(dial, network, server, end, ending ?? undefined), message, end, ending)
}

/** Asks over a connection, until `end` on the monotonic clock, and closes it. Rejects with why there is no reply. */
export async function askOverStream(
  conn: DNSConn,
  message: QueryMessage,
  end: number,
  ending: Ending | null,
): Promise<Parser> {
  const options = ending ?? undefined
  try {
    conn.setDeadline(Date.now() + (end - performance.now()))
    await conn.write(message.stream, options)
    const size = new Uint8Array(2)
    await readFull(conn, size, options)
    const reply = new Uint8Array(((size[0] ?? 0) << 8) | (size[1] ?? 0))
    await readFull(conn, reply, options)
    return message.readStream(reply)
  } finally {
    closeConn(conn)
  }
}

async function readFull(conn: DNSConn, p: Uint8Array, options: IOOptions | undefined): Promise<void> {
  for (let at = 0; at < p.byteLength;) {
    const n = await conn.read(p.subarray(at), options)
    if (n === null) throw new Error(at === 0 ? 'EOF' : 'unexpected EOF')
    at += n
    const turn = turnTaken() // A server may send byte by byte.
    if (turn !== null) await turn
  }
}
