import type { Addr } from '@net/addr'
import type { Conn, IOOptions, Listener } from '@net/contract'
import { untilClosed } from '../index.ts'

type Accept<C> = (options?: IOOptions) => Promise<C>

/** A listener to whose connections something is done; the rest is its own. */
export class TappedListener<C extends Conn, A extends Addr> implements ProxyHandler<Listener<C, A>> {
  readonly #tap: (conn: C) => C

  /** Makes one that gives what `tap` makes of each connection. */
  constructor(tap: (conn: C) => C) {
    this.#tap = tap
  }

  get(listener: Listener<C, A>, name: string | symbol): unknown {
    const accept: Accept<C> = async (options) => this.#tap(await listener.accept(options))
    if (name === Symbol.asyncIterator) return () => untilClosed(accept)
    const value: unknown = Reflect.get(listener, name, listener)
    if (typeof value !== 'function') return value
    return String(name).startsWith('accept') ? accept : (value.bind(listener) as unknown)
  }
}
