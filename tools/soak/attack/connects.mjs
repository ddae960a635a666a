// Connections that are opened and let go without a word, from four addresses.
import { attacker, dial } from '../export/place.mjs'
import { forever } from '../export/raw_session.mjs'

export async function attack({ port, begun }) {
  const one = (n) => async () => {
    for (;;) {
      const conn = await dial(port, attacker(n % 4))
      begun()
      conn.setLinger(0)
      await conn.close()
    }
  }
  await Promise.all(Array.from({ length: 16 }, (_, n) => forever(one(n))))
}
