import type { Conn } from '../conn.ts'
import type { Listener } from '../conn.ts'
import type { ConnPair } from './conn_maker.ts'
import { closeAll } from './part.ts'

/**
 * The pair of what was dialled and what a listener accepts of it, whose end closes both. The listener, which must have
 * nobody else's connection waiting, is closed then, also where one of the two fails.
 */
export async function streamPair(listener: Listener, dialled: Promise<Conn>): Promise<ConnPair> {
  try {
    const [c1, c2] = await Promise.all([dialled, listener.accept()])
    return { c1, c2, stop: () => closeAll([c1, c2]) }
  } finally {
    await listener.close()
  }
}
