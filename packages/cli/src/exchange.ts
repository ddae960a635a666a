import type { Readable, Writable } from 'node:stream'
import { once } from 'node:events'
import { ErrClosed, ErrDeadlineExceeded, isErr, type Conn } from '@net/core'
import { closeWrite } from './half_close.ts'

/** Where a command reads from and writes to. */
export interface Terminal {
  /** What is sent. */
  readonly input: Readable
  /** Where what is received goes. */
  readonly output: Writable
  /** Where messages go. */
  readonly messages: Writable
}

const CHUNK = 65536 // bytes: a datagram is never longer

/**
 * Sends the input to a connection and writes what it answers to the output, until both ways have ended. Datagrams have
 * no end, and a `/net` can't tell of one: after the input's end the exchange is over when nothing came for `wait` milliseconds.
 */
export async function exchange(conn: Conn, { input, output }: Terminal, wait: number): Promise<void> {
  const sent = send(conn, input, wait)
  try {
    await Promise.all([receive(conn, output), sent])
  } finally {
    input.destroy()
    await conn.close()
    await sent.catch(() => {}) // whichever way failed first has told why
  }
}

async function send(conn: Conn, input: Readable, wait: number): Promise<void> {
  for await (const chunk of input) await conn.write(chunk as Uint8Array)
  await closeWrite(conn, wait)
}

async function receive(conn: Conn, output: Writable): Promise<void> {
  for (;;) {
    const p = new Uint8Array(CHUNK)
    let n: number | null
    try {
      n = await conn.read(p)
    } catch (e) {
      if (isErr(e, ErrDeadlineExceeded) || isErr(e, ErrClosed)) return
      throw e
    }
    if (n === null) return
    conn.setReadDeadline(null)
    if (!output.write(p.subarray(0, n))) await once(output, 'drain')
  }
}
