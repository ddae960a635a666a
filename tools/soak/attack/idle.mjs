// Sessions that attach and then say nothing: all that four peers can get.
import { forever, RawSession } from '../export/raw_session.mjs'

export async function attack({ port, begun }) {
  const one = (n) => async () => {
    const session = await RawSession.attach(port, n % 4)
    begun()
    await session.discard()
  }
  await Promise.all(Array.from({ length: 200 }, (_, n) => forever(one(n))))
}
