// Handshakes of TLS with a key that is not one, and handshakes that are begun and left, from four addresses.
import { tlsToExport } from '@net/netfs'
import { attacker, dial } from '../export/place.mjs'
import { forever } from '../export/raw_session.mjs'

const key = Buffer.alloc(32, 9)

export async function attack({ port, begun }) {
  const wrong = (n) => async () => {
    const conn = await dial(port, attacker(n % 4))
    begun()
    await tlsToExport(conn, { identity: 'nobody', key })
  }
  const silent = (n) => async () => {
    const conn = await dial(port, attacker(n % 4))
    await conn.read(new Uint8Array(1))
    await conn.close()
  }
  const each = Array.from({ length: 16 }, (_, n) => forever(wrong(n)))
  const quiet = Array.from({ length: 300 }, (_, n) => forever(silent(n)))
  await Promise.all([...each, ...quiet])
}
