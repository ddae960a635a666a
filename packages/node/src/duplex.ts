import { Duplex } from 'node:stream'
import { ErrClosed, isErr, type Conn, type HalfCloser, type TCPConn } from '@net/contract'

// Bytes per read: enough to keep system calls rare, small enough to hold one per connection.
const CHUNK = 65536

// What targets say to a half-close when their stack has none: @net/stubs.
const refusals = new Set<unknown>(['EPLAN9', 'EWINDOWS', 'ENOTSUP'])

function canHalfClose(conn: Conn): conn is HalfCloser {
  return 'closeWrite' in conn && typeof conn.closeWrite === 'function'
}

function isTCP(conn: Conn): conn is TCPConn {
  return 'setNoDelay' in conn && typeof conn.setNoDelay === 'function'
}

/** A connection as a stream of Node: what {@link toDuplex} gives. */
export class ConnDuplex extends Duplex {
  readonly #conn: Conn
  #idle: NodeJS.Timeout | undefined
  #limit = 0
  #ended = false // by close, as there is no half-close

  /** Takes a connection over. */
  constructor(conn: Conn) {
    // The peer's end ends reading only: what is still to be written goes out, as net.Socket has it with allowHalfOpen.
    super({ allowHalfOpen: true, highWaterMark: CHUNK })
    this.#conn = conn
  }

  override _read(): void {
    // A buffer of its own for every read, as the one before may still be queued.
    const p = Buffer.allocUnsafeSlow(CHUNK)
    this.#conn.read(p).then(
      (n) => {
        this.#active()
        this.push(n === null ? null : p.subarray(0, n))
      },
      (e: unknown) => this.#fail(e),
    )
  }

  override _write(
    chunk: Uint8Array,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    this.#active()
    this.#conn.write(chunk).then(
      () => {
        this.#active()
        callback()
      },
      (e: unknown) => callback(e as Error),
    )
  }

  override _writev(chunks: { readonly chunk: Uint8Array }[], callback: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer' as BufferEncoding, callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#end().then(() => callback(), callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#idle)
    this.#conn.close().then(
      () => callback(error),
      (e: unknown) => callback(error ?? (e as Error)),
    )
  }

  /** Emits 'timeout' after `ms` milliseconds without traffic, as net.Socket; 0 turns it off. */
  setTimeout(ms: number, listener?: () => void): this {
    if (listener !== undefined) {
      if (ms === 0) this.removeListener('timeout', listener)
      else this.once('timeout', listener)
    }
    this.#limit = ms
    this.#active()
    return this
  }

  /** Turns Nagle's algorithm off or on, where the connection knows it. */
  setNoDelay(on = true): this {
    if (isTCP(this.#conn)) this.#conn.setNoDelay(on)
    return this
  }

  /** Turns keep-alive probes on or off, where the connection knows them; `delay` is the idle time in milliseconds. */
  setKeepAlive(on = false, delay = 0): this {
    if (isTCP(this.#conn)) this.#conn.setKeepAliveConfig({ enable: on, ...(delay > 0 && { idle: delay }) })
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

  /** The peer's IP address as text; absent where addresses have none. */
  get remoteAddress(): string | undefined {
    return hostname(this.#conn.remoteAddr)
  }

  /** The peer's port; absent where addresses have none. */
  get remotePort(): number | undefined {
    return port(this.#conn.remoteAddr)
  }

  /** 'IPv4' or 'IPv6'; absent where addresses have no family. */
  get remoteFamily(): string | undefined {
    return family(this.remoteAddress)
  }

  /** This end's IP address as text; absent where addresses have none. */
  get localAddress(): string | undefined {
    return hostname(this.#conn.localAddr)
  }

  /** This end's port; absent where addresses have none. */
  get localPort(): number | undefined {
    return port(this.#conn.localAddr)
  }

  async #end(): Promise<void> {
    try {
      if (canHalfClose(this.#conn)) {
        await this.#conn.closeWrite()
        return
      }
    } catch (e) {
      if (!(e instanceof Error && 'code' in e && refusals.has(e.code))) throw e
    }
    this.#ended = true
    await this.#conn.close()
  }

  #active(): void {
    clearTimeout(this.#idle)
    if (this.#limit === 0 || this.destroyed) return
    this.#idle = setTimeout(() => this.emit('timeout'), this.#limit)
    this.#idle.unref()
  }

  // A stream that was destroyed has closed its connection itself, and what was pending there fails for that reason.
  #fail(e: unknown): void {
    if (this.#ended && isErr(e, ErrClosed)) this.push(null)
    else if (!this.destroyed) this.destroy(e as Error)
  }
}

/**
 * Makes a Duplex of Node over a connection, which it takes over: destroying the stream closes the connection. Reads
 * follow demand and a write's callback comes when the bytes have gone, so both ends feel back-pressure. The peer's end
 * of stream is 'end', `end()` shuts down the write side (a connection that cannot is closed), and errors are the
 * connection's own, with Node's `code`. It has the methods of net.Socket that http and tls use: setTimeout, setNoDelay,
 * setKeepAlive, ref, unref, and the addresses.
 */
export function toDuplex(conn: Conn): ConnDuplex {
  return new ConnDuplex(conn)
}

function hostname(addr: object): string | undefined {
  return 'hostname' in addr && typeof addr.hostname === 'string' ? addr.hostname : undefined
}

function port(addr: object): number | undefined {
  return 'port' in addr && typeof addr.port === 'number' ? addr.port : undefined
}

function family(address: string | undefined): string | undefined {
  return address === undefined || address === '' ? undefined : address.includes(':') ? 'IPv6' : 'IPv4'
}
