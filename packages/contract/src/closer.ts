/** Options of a single operation. */
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

/** Something that holds a resource of the network stack and gives it back on close. */
export interface Closer extends Disposable, AsyncDisposable {
  /**
   * Gives the resource back. It takes effect before it returns: pending operations reject with an {@link OpError}
   * whose cause is {@link ErrClosed}, iterators end quietly. The promise settles when the resource is really gone.
   * Closing again does nothing.
   */
  close(): Promise<void>
  /** Takes {@link unref} back: pending operations keep the process alive again. */
  ref(): void
  /** Lets the process exit although operations are pending here. */
  unref(): void
}

/** The time limits of a connection. Both forms may be used together; the earlier limit counts. */
export interface Deadlines {
  /** Sets the read and the write deadline. A deadline holds for pending and for later operations. */
  setDeadline(t: Deadline): void
  /** Sets the deadline of reads: they reject with an {@link OpError} whose `timeout` is true. */
  setReadDeadline(t: Deadline): void
  /** Sets the deadline of writes. A write that times out may have sent a part; the error's `n` says how much. */
  setWriteDeadline(t: Deadline): void
  /** Sets the limit, in milliseconds, of each later read and write; 0 means none. */
  setTimeout(ms: number): void
  /** Sets the limit, in milliseconds, of each later read; 0 means none. */
  setReadTimeout(ms: number): void
  /** Sets the limit, in milliseconds, of each later write; 0 means none. */
  setWriteTimeout(ms: number): void
}
