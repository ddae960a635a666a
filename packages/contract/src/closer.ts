/**
 * Options of a single operation.
 *
 * @example
 * ```ts
 * import { dial, listen } from '@net/core'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
 * const abort = new AbortController()
 * const read = client.read(new Uint8Array(1), { signal: abort.signal })
 * abort.abort('changed my mind')
 * console.log(await read.catch((e) => e)) // changed my mind
 * await Promise.all([client.close(), server.close(), listener.close()])
 * ```
 */
export interface IOOptions {
  /**
   * Cancels this one operation: it rejects with `signal.reason` unchanged, the connection stays usable and no
   * listener is left on the signal.
   */
  readonly signal?: AbortSignal | undefined
}

/**
 * A moment in time as a `Date` or as milliseconds since the Unix epoch. `null` means no deadline; a moment in the
 * past fails pending and later operations at once.
 */
export type Deadline = Date | number | null

/**
 * Something that holds a resource of the network stack and gives it back on close.
 *
 * @example
 * ```ts
 * import { dial, ErrClosed, isErr, listen } from '@net/core'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
 * const pending = client.read(new Uint8Array(1))
 * await client.close()
 * console.log(await pending.catch((e) => isErr(e, ErrClosed))) // true
 * await Promise.all([client.close(), server.close(), listener.close()])
 * ```
 */
export interface Closer extends Disposable, AsyncDisposable {
  /**
   * Gives the resource back. It takes effect before it returns: pending operations reject with an
   * {@link OpError} whose cause is {@link ErrClosed}, iterators end quietly. The promise settles when the
   * resource is really gone. Closing again does nothing. It rejects only where giving back itself failed.
   */
  close(): Promise<void>
  /**
   * Takes {@link unref} back: pending operations keep the process alive again. Never throws; after close it
   * does nothing.
   */
  ref(): void
  /**
   * Lets the process exit although operations are pending here. Never throws; after close it does nothing.
   */
  unref(): void
}

/**
 * The time limits of a connection, on every target. Both forms may be used together; the earlier limit counts. Each
 * setter throws a TypeError for what is no deadline, or no number of milliseconds from 0 on, and does nothing on a
 * closed connection.
 *
 * @example
 * ```ts
 * import { dial, ErrDeadlineExceeded, isErr, listen } from '@net/core'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
 * client.setReadDeadline(Date.now() + 10)
 * console.log(await client.read(new Uint8Array(1)).catch((e) => isErr(e, ErrDeadlineExceeded))) // true
 * client.setReadDeadline(null) // usable again
 * await Promise.all([client.close(), server.close(), listener.close()])
 * ```
 */
export interface Deadlines {
  /**
   * Sets the read and the write deadline. A deadline holds for pending and for later operations. Throws a
   * TypeError for what is no deadline.
   */
  setDeadline(t: Deadline): void
  /**
   * Sets the deadline of reads: they reject with an {@link OpError} whose `timeout` is true. Throws a
   * TypeError for what is no deadline.
   */
  setReadDeadline(t: Deadline): void
  /**
   * Sets the deadline of writes. A write that times out may have sent a part; the error's `n` says how much.
   * Throws a TypeError for what is no deadline.
   */
  setWriteDeadline(t: Deadline): void
  /**
   * Sets the limit, in milliseconds, of each later read and write; 0 means none. Throws a TypeError for a
   * negative number or what is none.
   */
  setTimeout(ms: number): void
  /**
   * Sets the limit, in milliseconds, of each later read; 0 means none. Throws a TypeError for a negative
   * number or what is none.
   */
  setReadTimeout(ms: number): void
  /**
   * Sets the limit, in milliseconds, of each later write; 0 means none. Throws a TypeError for a negative
   * number or what is none.
   */
  setWriteTimeout(ms: number): void
}
