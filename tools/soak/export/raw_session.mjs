// A 9P session by hand: an attacker says what no client would.
import { encodedMessage, NOFID, NOTAG, Tattach, Tversion } from '@net/9p'
import { attacker, dial } from './place.mjs'

/** A message's bytes. */
export const frame = (type, tag, fields) => encodedMessage({ type, tag, ...fields })

/** The bytes of many messages. */
export const frames = (count, make) => Buffer.concat(Array.from({ length: count }, (_, i) => make(i)))

/** A connection to an export on which version and attach have been said; fid 0 is the root. */
export class RawSession {
  /** Dials and attaches as attacker number `n`. */
  static async attach(port, n = 0) {
    const session = new RawSession(await dial(port, attacker(n)))
    await session.ask(frame(Tversion, NOTAG, { msize: 512 * 1024 + 24, version: '9P2000' }))
    await session.ask(frame(Tattach, 0, { fid: 0, afid: NOFID, uname: 'x', aname: '' }))
    return session
  }

  constructor(conn) {
    this.conn = conn
  }

  /** Sends one message and waits for some reply, whose bytes it gives. */
  async ask(bytes) {
    await this.conn.write(bytes)
    const p = new Uint8Array(8192)
    const n = await this.conn.read(p)
    if (n === null) throw new Error('hung up on')
    return Buffer.from(p.subarray(0, n))
  }

  /** Reads replies to nowhere until the end. */
  async discard() {
    const p = new Uint8Array(1 << 16)
    while ((await this.conn.read(p)) !== null);
  }
}

/** Runs something for ever, again when it fails. */
export async function forever(act) {
  for (;;) {
    await act().catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
