import { Duplex } from 'node:stream'
import { inspect } from 'node:util'
import { isRefusal } from '@net/stubs'
import { ErrClosed, isErr, type Conn } from '@net/contract'
import { isTCP, piecesOf } from './conn_kind.ts'
import { cutError, endWriting } from './half_close.ts'
import { familyOf, hostnameOf, portOf, type NodeAddress } from './node_address.ts'
import { timerDuration } from './timer_duration.ts'

// Bytes per read: enough to keep system calls rare, small enough to hold one per connection.
const CHUNK = 65536

// Milliseconds without a byte of the peer after which a stream that was ended, over a connection without half-close, is closed: a
// database that is told good-bye closes within it. On a loaded machine 500 were too few for PostgreSQL beside its client.
const SILENCE = 2000

type Callback = (error?: Error | null) => void

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
 *
 * @example
 * ```ts
 * import { dial, listen } from '@net/core'
 * import { toDuplex } from '@net/core/node'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
 * const stream = toDuplex(client)
 * console.log(stream.readyState, stream.remotePort === listener.addr.port) // open true
 * stream.destroy()
 * await Promise.all([server.close(), listener.close()])
 * ```
 */
export class ConnDuplex extends Duplex {
  #conn: Conn | null
  #wishes: ((conn: Conn) => void)[] = [] // settings that wait for the connection
  #idle: NodeJS.Timeout | undefined
  #timeout: number | undefined
  #bytesRead = 0
  #bytesWritten = 0
  #cut = false
  #silence: NodeJS.Timeout | undefined

  /** Takes a connection over; null for one that is attached later, which a subclass makes the stream wait for. */
  constructor(conn: Conn | null, { allowHalfOpen = false }: DuplexOptions = {}) {
    super({ allowHalfOpen, emitClose: false, highWaterMark: CHUNK })
    this.#conn = conn
    // As net.Socket it reads before anybody asks, and so learns that the peer has gone.
    if (conn !== null) this.read(0)
  }

  /** Takes over the connection that was not there yet, and does with it what was asked for meanwhile. */
  protected attach(conn: Conn): void {
    this.#conn = conn
    for (const wish of this.#wishes.splice(0)) wish(conn)
    process.nextTick(() => void this.read(0))
  }

  override _read(): void {
    // A buffer of its own for every read, as the one before may still be queued.
    const p = Buffer.allocUnsafeSlow(CHUNK)
    this.#conn?.read(p).then(
      (n) => {
        this.#idle?.refresh()
        this.#silence?.refresh()
        this.#bytesRead += n ?? 0
        this.push(n === null ? null : p.subarray(0, n))
        if (n === null) this.read(0) // without a reader 'end' comes as well
      },
      (e: unknown) => this.#fail(e),
    )
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: Callback): void {
    this.#idle?.refresh()
    this.#conn?.write(chunk).then(
      (n) => {
        this.#idle?.refresh()
        this.#bytesWritten += n
        callback()
      },
      (e: unknown) => callback(e as Error),
    )
  }

  override _writev(chunks: { readonly chunk: Uint8Array }[], callback: Callback): void {
    const pieces = piecesOf(this.#conn, chunks)
    const next: Callback = (e) => {
      const piece = pieces.shift()
      if (e || piece === undefined) callback(e)
      else this._write(piece, 'buffer' as BufferEncoding, next)
    }
    next()
  }

  override _final(callback: Callback): void {
    if (this.#conn === null) {
      callback()
      return
    }
    endWriting(this.#conn).then((closed) => {
      callback()
      // 'finish' comes before, and may destroy the stream.
      if (!closed) setImmediate(() => this.cut())
    }, callback)
  }

  override _destroy(error: Error | null, callback: Callback): void {
    clearTimeout(this.#idle)
    clearTimeout(this.#silence)
    const done = (e: Error | null): void => {
      callback(e)
      process.nextTick(() => this.emit('close', e !== null)) // behind 'error'
    }
    const closing = this.#conn?.close() ?? Promise.resolve()
    closing.then(
      () => done(error),
      (e: unknown) => done(error ?? (e as Error)),
    )
  }

  /** Emits 'connect' soon: the connection stands already, and clients that are given a stream call this all the same. */
  connect(...args: readonly unknown[]): this {
    const listener = args.at(-1)
    if (typeof listener === 'function') this.once('connect', listener as () => void)
    process.nextTick(() => this.destroyed || this.emit('connect'))
    return this
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
      if (this.#conn !== null && isTCP(this.#conn)) this.#conn.setLinger(0)
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
    return this.#wish((conn) => isTCP(conn) && conn.setNoDelay(on))
  }

  /** Turns keep-alive probes on or off, where the connection knows them; `delay` is the idle time in milliseconds. */
  setKeepAlive(on = false, delay = 0): this {
    return this.#wish(
      (conn) => isTCP(conn) && conn.setKeepAliveConfig({ enable: on, ...(delay > 0 && { idle: delay }) }),
    )
  }

  /** Pending reads and writes keep the process alive again. */
  ref(): this {
    return this.#wish((conn) => conn.ref())
  }

  /** Lets the process exit although a read or a write is pending. */
  unref(): this {
    return this.#wish((conn) => conn.unref())
  }

  /** This end's address; without properties once the stream is destroyed, and where addresses are not IP addresses. */
  address(): NodeAddress {
    const { localAddress: address, localFamily: family, localPort: port } = this
    if (this.destroyed || address === undefined || family === undefined || port === undefined) return {}
    return { address, family, port }
  }

  /** The peer's IP address as text; absent where addresses have none. */
  get remoteAddress(): string | undefined {
    return hostnameOf(this.#conn?.remoteAddr)
  }

  /** The peer's port; absent where addresses have none. */
  get remotePort(): number | undefined {
    return portOf(this.#conn?.remoteAddr)
  }

  /** 'IPv4' or 'IPv6'; absent where addresses have no family. */
  get remoteFamily(): string | undefined {
    return familyOf(this.remoteAddress)
  }

  /** This end's IP address as text; absent where addresses have none. */
  get localAddress(): string | undefined {
    return hostnameOf(this.#conn?.localAddr)
  }

  /** This end's port; absent where addresses have none. */
  get localPort(): number | undefined {
    return portOf(this.#conn?.localAddr)
  }

  /** 'IPv4' or 'IPv6'; absent where addresses have no family. */
  get localFamily(): string | undefined {
    return familyOf(this.localAddress)
  }

  /** What the stream can do: 'opening' while it is dialled, then 'open', 'readOnly', 'writeOnly' or 'closed'. */
  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  /** Whether the stream is being dialled. */
  get connecting(): boolean {
    return false
  }

  /** Whether there is no connection: not yet, or because the stream is destroyed. */
  get pending(): boolean {
    return this.destroyed || this.#conn === null
  }

  /** Empty: which addresses were tried is the dialler's affair. net.Socket has the same. */
  get autoSelectFamilyAttemptedAddresses(): string[] {
    return []
  }

  /** The bytes that have yet to go; net.Socket has the same. */
  get bufferSize(): number {
    return this.writableLength
  }

  /** The bytes that have come. */
  get bytesRead(): number {
    return this.#bytesRead
  }

  /** The bytes that have been written, with those that have yet to go. */
  get bytesWritten(): number {
    return this.#bytesWritten + this.writableLength
  }

  /** What `console.log` shows. */
  [inspect.custom](): string {
    const [local, remote] = [this.#conn?.localAddr, this.#conn?.remoteAddr]
    return `${this.constructor.name}(${this.readyState}${local ? ` ${String(local)}->${String(remote)}` : ''})`
  }

  /** What {@link setTimeout} set, in milliseconds; absent before. */
  get timeout(): number | undefined {
    return this.#timeout
  }

  /**
   * Called when the stream has been ended over a connection without half-close. It is closed instead: at once where nobody reads,
   * and else when the peer has fallen silent, since one that was told in words that this is the end, as a database is, closes.
   */
  protected cut(): void {
    if (this.destroyed) return
    if (this.#isUnread) this.#hangUp()
    else this.#silence = setTimeout(() => this.#hangUp(), SILENCE)
  }

  #hangUp(): void {
    const conn = this.#conn
    if (this.destroyed || conn === null) return
    this.#cut = true
    conn.close().then(
      // A stack resets a connection that is closed with bytes unread, and drops what is still on its way to the peer.
      () => {
        if (this.#isUnread && this.readableLength > 0) this.destroy(cutError(conn))
      },
      (e: unknown) => this.destroy(e as Error),
    )
  }

  // Sets something of the connection, now or when there is one.
  #wish(wish: (conn: Conn) => void): this {
    if (this.destroyed || this.#cut) return this
    if (this.#conn === null) this.#wishes.push(wish)
    else wish(this.#conn)
    return this
  }

  // A stream that was destroyed has closed its connection itself, and what was pending there fails for that reason.
  #fail(e: unknown): void {
    const conn = this.#conn
    if (this.destroyed || conn === null) return
    if (!this.#cut || !isErr(e, ErrClosed)) this.destroy(e as Error)
    else this.destroy(this.#isUnread && this.readableLength === 0 ? undefined : cutError(conn))
  }

  // Whether nobody has begun to read.
  get #isUnread(): boolean {
    return this.readableFlowing === null
  }
}

/**
 * Makes a stream of Node over a connection, which it takes over: destroying the stream closes the connection. Reads follow demand
 * and a write's callback comes when the bytes have gone, so both ends feel back-pressure. The peer's end of stream is 'end', and
 * without `allowHalfOpen` ends this side, too; then comes 'close'. `end()` shuts down the write side. A connection that cannot is
 * closed instead, when the peer has been silent for two seconds, and who still reads gets an 'error' of code
 * ECONNABORTED. Errors are the connection's own, with Node's `code`.
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
