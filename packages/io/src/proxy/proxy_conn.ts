import type { ByteStreams, Conn, Deadline, HalfCloser, IOOptions } from '@net/contract'
import { ConnStreams } from '../index.ts'
import { describe, inspect } from '../inspect.ts'
import type { ProxyHeader } from './header.ts'

/**
 * A connection that a proxy passes on: its addresses are those that the proxy's header tells. All else is that of the connection
 * below, which it takes over; its errors name the addresses of that one.
 *
 * @example
 * ```ts
 * import { dial, listen } from '@net/core'
 * import { encodeProxyHeader, ProxyConn, readProxyHeader } from '@net/core/io'
 * import { TCPAddr } from '@net/core'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const [proxy, accepted] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
 * const source = TCPAddr.from({ ip: '192.0.2.1', port: 50000 })
 * const destination = TCPAddr.from({ ip: '192.0.2.2', port: 80 })
 * await proxy.write(encodeProxyHeader({ version: 2, source, destination, tlvs: [] }))
 * const conn = new ProxyConn(accepted, await readProxyHeader(accepted))
 * console.log(conn.remoteAddr.toString(), conn.localAddr.toString()) // 192.0.2.1:50000 192.0.2.2:80
 * await Promise.all([proxy.close(), conn.close(), listener.close()])
 * ```
 */
export class ProxyConn<C extends HalfCloser = HalfCloser> implements HalfCloser, ByteStreams {
  /** The connection with the proxy. */
  readonly below: C
  /** What the proxy said. */
  readonly header: ProxyHeader
  #streams: ConnStreams | null = null

  /** Takes over a connection whose header has been read. */
  constructor(below: C, header: ProxyHeader) {
    this.below = below
    this.header = header
  }

  /** The address that the client connected to; that of this end where the proxy tells none. */
  get localAddr(): Conn['localAddr'] {
    return this.header.destination ?? this.below.localAddr
  }

  /** The client's address; the proxy's where it tells none. */
  get remoteAddr(): Conn['remoteAddr'] {
    return this.header.source ?? this.below.remoteAddr
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#streams ??= new ConnStreams(this)).readable
  }

  get writable(): WritableStream<Uint8Array> {
    return (this.#streams ??= new ConnStreams(this)).writable
  }

  read(p: Uint8Array, options?: IOOptions): Promise<number | null> {
    return this.below.read(p, options)
  }

  write(p: Uint8Array, options?: IOOptions): Promise<number> {
    return this.below.write(p, options)
  }

  closeRead(): Promise<void> {
    return this.below.closeRead()
  }

  closeWrite(): Promise<void> {
    return this.below.closeWrite()
  }

  close(): Promise<void> {
    return this.below.close()
  }

  ref(): void {
    this.below.ref()
  }

  unref(): void {
    this.below.unref()
  }

  setDeadline(t: Deadline): void {
    this.below.setDeadline(t)
  }

  setReadDeadline(t: Deadline): void {
    this.below.setReadDeadline(t)
  }

  setWriteDeadline(t: Deadline): void {
    this.below.setWriteDeadline(t)
  }

  setTimeout(ms: number): void {
    this.below.setTimeout(ms)
  }

  setReadTimeout(ms: number): void {
    this.below.setReadTimeout(ms)
  }

  setWriteTimeout(ms: number): void {
    this.below.setWriteTimeout(ms)
  }

  [Symbol.dispose](): void {
    void this.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** What `console.log` shows. */
  [inspect](): string {
    return describe(this)
  }
}
