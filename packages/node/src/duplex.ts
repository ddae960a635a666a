import { isRefusal } from '@net/stubs'
import { Duplex } from 'node:stream'
import { ErrClosed, isErr, type Conn, type TCPConn } from '@net/contract'
import { closeWrite, cutError } from './half_close.ts'
import { familyOf, hostnameOf, portOf, type NodeAddress } from './node_address.ts'
import { timerDuration } from './timer_duration.ts'

// Bytes per read: enough to keep system calls rare, small enough to hold one per connection.
const CHUNK = 65536

/** Options of {@link toDuplex}. */
export interface DuplexOptions {
  /**
   * What the peer's end of stream does: `false`, as absent, ends the stream here, which is closed when what was to be written
   * has gone; `true` leaves it writable until `end()` is called. The same as for net.Socket.
   */
  readonly allowHalfOpen?: boolean | undefined
}

/**
 * A connection as a stream of Node, with the methods, properties and events of net.Socket: what {@link toDuplex} gives. A method
 * that sets something does nothing once the stream is destroyed. 'close' tells whether there was an error.
 */
export class ConnDuplex extends Duplex {
  readonly #conn: Conn
  #idle: NodeJS.Timeout | undefined
  #timeout: number | undefined
  #bytesRead = 0
  #bytesWritten = 0
  #cut = false

  /** Takes a connection over. */
  constructor(conn: Conn, { allowHalfOpen = false }: DuplexOptions = {}) {
    super({ allowHalfOpen, emitClose: false, highWaterMark: CHUNK })
    this.#conn = conn
    // As net.Socket it reads before anybody asks, and so learns that the peer has gone.
    this.read(0)
  }

  override _read(): void {
    // A buffer of its own for every read, as the one before may still be queued.
    const p = Buffer.allocUnsafeSlow(CHUNK)
    this.#conn.read(p).then(
      (n) => {
        this.#idle?.refresh()
        this.#bytesRead += n ?? 0
        this.push(n === null ? null : p.subarray(0, n))
        if (n === null) this.read(0) // without a reader 'end' comes as well
      },
      (e: unknown) => this.#fail(e),
    )
  }

  override _write(
    chunk: Uint8Array,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    this.#idle?.refresh()
    this.#conn.write(chunk).then(
      (n) => {
        this.#idle?.refresh()
        this.#bytesWritten += n
        callback()
      },
      (e: unknown) => callback(e as Error),
    )
  }

  override _writev(chunks: { readonly chunk: Uint8Array }[], callback: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer' as BufferEncoding, callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    closeWrite(this.#conn).then((closed) => {
      callback()
      // 'finish' comes before, and may destroy the stream.
      if (!closed) setImmediate(() => this.cut())
    }, callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#idle)
    const done = (e: Error | null): void => {
      callback(e)
      process.nextTick(() => this.emit('close', e !== null)) // behind 'error'
    }
    this.#conn.close().then(
      () => done(error),
      (e: unknown) => done(error ?? (e as Error)),
    )
  }

  /** Ends the stream and destroys it when what was written has gone. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /** Destroys the stream; of TCP, where the stack can, so that the peer sees a reset. */
  resetAndDestroy(): this {
    if (this.destroyed) return this
    try {
      if (isTCP(this.#conn)) this.#conn.setLinger(0)
    } catch (e) {
      if (!isRefusal(e)) return this.destroy(e as Error)
    }
    return this.destroy()
  }

  /**
   * Emits 'timeout' after `ms` milliseconds without traffic; 0 turns it off, and what is longer than a timer's 24.8 days is cut
   * to those with a warning. Throws as net.Socket's for what is no number (ERR_INVALID_ARG_TYPE), is negative or not finite
   * (ERR_OUT_OF_RANGE).
   */
  setTimeout(ms: number, listener?: () => void): this {
    if (this.destroyed) return this
    const duration = timerDuration(ms)
    clearTimeout(this.#idle)
    this.#timeout = ms
    this.#idle = duration === 0 ? undefined : setTimeout(() => this.emit('timeout'), duration).unref()
    if (listener !== undefined) {
      if (duration === 0) this.removeListener('timeout', listener)
      else this.once('timeout', listener)
    }
    return this
  }

  /** Turns Nagle's algorithm off or on, where the connection knows it. */
  setNoDelay(on = true): this {
    if (this.#settable && isTCP(this.#conn)) this.#conn.setNoDelay(on)
    return this
  }

  /** Turns keep-alive probes on or off, where the connection knows them; `delay` is the idle time in milliseconds. */
  setKeepAlive(on = false, delay = 0): this {
    if (this.#settable && isTCP(this.#conn)) {
      this.#conn.setKeepAliveConfig({ enable: on, ...(delay > 0 && { idle: delay }) })
    }
    return this
  }

  /** Pending reads and writes keep the process alive again. */
  ref(): this {
    this.#conn.ref()
    return this
  }

  /** Lets the process exit although a read or a write is pending. */
  unref(): this {
    this.#conn.unref()
    return this
  }

  /** This end's address; without properties once the stream is destroyed, and where addresses are not IP addresses. */
  address(): NodeAddress {
    const { localAddress: address, localFamily: family, localPort: port } = this
    if (this.destroyed || address === undefined || family === undefined || port === undefined) return {}
    return { address, family, port }
  }

  /** The peer's IP address as text; absent where addresses have none. */
  get remoteAddress(): string | undefined {
    return hostnameOf(this.#conn.remoteAddr)
  }

  /** The peer's port; absent where addresses have none. */
  get remotePort(): number | undefined {
    return portOf(this.#conn.remoteAddr)
  }

  /** 'IPv4' or 'IPv6'; absent where addresses have no family. */
  get remoteFamily(): string | undefined {
    return familyOf(this.remoteAddress)
  }

  /** This end's IP address as text; absent where addresses have none. */
  get localAddress(): string | undefined {
    return hostnameOf(this.#conn.localAddr)
  }

  /** This end's port; absent where addresses have none. */
  get localPort(): number | undefined {
    return portOf(this.#conn.localAddr)
  }

  /** 'IPv4' or 'IPv6'; absent where addresses have no family. */
  get localFamily(): string | undefined {
    return familyOf(this.localAddress)
  }

  /** What the stream can do: 'open', 'readOnly', 'writeOnly' or 'closed'. */
  get readyState(): 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  /** False: the connection stands already. */
  get connecting(): boolean {
    return false
  }

  /** Whether there is no connection, which is so once the stream is destroyed. */
  get pending(): boolean {
    return this.destroyed
  }

  /** The bytes that have come. */
  get bytesRead(): number {
    return this.#bytesRead
  }

  /** The bytes that have been written, with those that have yet to go. */
  get bytesWritten(): number {
    return this.#bytesWritten + this.writableLength
  }

  /** What {@link setTimeout} set, in milliseconds; absent before. */
  get timeout(): number | undefined {
    return this.#timeout
  }

  /** Called when the stream has been ended over a connection without half-close: closes it, and who still reads is told. */
  protected cut(): void {
    if (this.destroyed) return
    this.#cut = true
    void this.#conn.close().catch((e: unknown) => this.destroy(e as Error))
  }

  get #settable(): boolean {
    return !this.destroyed && !this.#cut
  }

  // A stream that was destroyed has closed its connection itself, and what was pending there fails for that reason.
  #fail(e: unknown): void {
    if (this.destroyed) return
    if (!this.#cut || !isErr(e, ErrClosed)) this.destroy(e as Error)
    else if (this.readableFlowing === null)
      this.destroy() // nobody reads
    else this.destroy(cutError(this.#conn))
  }
}

/**
 * Makes a stream of Node over a connection, which it takes over: destroying the stream closes the connection. Reads follow demand
 * and a write's callback comes when the bytes have gone, so both ends feel back-pressure. The peer's end of stream is 'end', and
 * without `allowHalfOpen` ends this side, too; then comes 'close'. `end()` shuts down the write side. A connection that cannot is
 * closed instead, and who still reads gets an 'error' of code ECONNABORTED. Errors are the connection's own, with Node's `code`.
 *
 * @example
 * ```ts
 * import { dial, listen } from '@net/core'
 * import { toDuplex } from '@net/core/node'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
 * toDuplex(client).resume().end('hello')
 * for await (const chunk of toDuplex(server)) console.log(String(chunk)) // hello
 * await listener.close()
 * ```
 */
export function toDuplex(conn: Conn, options?: DuplexOptions): ConnDuplex {
  return new ConnDuplex(conn, options)
}

function isTCP(conn: Conn): conn is TCPConn {
  return 'setNoDelay' in conn && typeof conn.setNoDelay === 'function'
}
