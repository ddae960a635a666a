import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { allocBuffer, type Conn } from '@net/core'
import type { Ending } from '@net/io'
import { closeWrite } from './half_close.ts'

const CHUNK = 65536 // bytes for each way
const LAST_WORDS = 2000 // milliseconds of silence after the program's end, where a connection has no half-close

/**
 * Runs a command of the shell for a connection: what comes is its standard input, its standard output goes back,
 * and what it says on standard error is seen here. It finds the two ends in NETX_LOCAL and NETX_REMOTE. Resolves
 * when the command and both ways have ended, and gives the bytes of each; what ends `ending` kills it.
 */
export async function execute(
  command: string,
  conn: Conn,
  ending: Ending,
): Promise<{ sent: number; received: number }> {
  const child = spawn(command, {
    shell: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    signal: ending.signal,
    env: { ...process.env, NETX_LOCAL: conn.localAddr.toString(), NETX_REMOTE: conn.remoteAddr.toString() },
  })
  const gone = once(child, 'close')
  gone.catch(() => {}) // waited for below
  child.stdin.on('error', () => {}) // a command need not read all that comes
  const feeding = feed(conn, child.stdin)
  let sent = 0
  try {
    for await (const chunk of child.stdout) sent += await conn.write(chunk as Uint8Array, ending)
    await closeWrite(conn, LAST_WORDS)
    await gone
  } catch (e) {
    child.kill()
    ending.throwIfOver()
    throw e
  }
  conn.setReadDeadline(Date.now()) // nobody is left to read what still comes
  return { sent, received: await feeding }
}

/** Gives a program what comes, no faster than it reads, and then its end. Never rejects. */
async function feed(conn: Conn, input: NodeJS.WritableStream): Promise<number> {
  const p = allocBuffer(CHUNK)
  let received = 0
  try {
    for (let n = await conn.read(p); n !== null; n = await conn.read(p)) {
      received += n
      if (!input.write(p.slice(0, n))) await once(input, 'drain')
    }
  } catch {
    // A connection that breaks is the end of the input; its writer finds out why.
  }
  input.end()
  return received
}
