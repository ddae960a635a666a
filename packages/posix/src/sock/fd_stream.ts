import { Duplex } from 'node:stream'
import type { UnixConn } from '@net/contract'
import { parseUnixRights, unixRights } from '../wire/cmsg.ts'
import { closeRights } from '../wire/rights.ts'

const CHUNK = 65536 // bytes per read
const MAX_FD = 253 // linux's SCM_MAX_FD, and no less than other systems'

type Done = (error?: Error | null) => void

/**
 * A Unix stream connection as a Duplex of Node that passes descriptors beside the bytes: what D-Bus, Wayland
 * and other protocols ask of their transport. It takes the connection over: destroying the stream closes it.
 *
 * The event 'fds' brings descriptors that came, as an array of numbers in their order, just before the 'data'
 * (or 'readable') of the bytes they came with: the bytes that carried them are among those. They belong to
 * the listener, which closes them; without a listener they are closed.
 *
 * @example
 * ```ts
 * import { closeSync } from 'node:fs'
 * import { once } from 'node:events'
 * import { FDStream, socketPair } from '@net/posix'
 *
 * const [a, b] = socketPair().map((conn) => new FDStream(conn)) as [FDStream, FDStream]
 * b.resume()
 * a.writeWithFds('here', [0])
 * const [fds] = (await once(b, 'fds')) as [number[]]
 * console.log(fds.length) // 1
 * for (const fd of fds) closeSync(fd)
 * a.destroy()
 * b.destroy()
 * ```
 */
export class FDStream extends Duplex {
  /** True: descriptors can be sent and received. Libraries that work on other streams too look at it. */
  readonly supportsUnixFd = true
  readonly #conn: UnixConn
  // Descriptors wait here while their buffer waits in the stream. Node hands _write the same buffer object,
  // so it is the key.
  readonly #fds = new WeakMap<Buffer, readonly number[]>()
  readonly #oob = new Uint8Array(unixRights(...new Array<number>(MAX_FD).fill(0)).byteLength)

  /** Takes over a connection. Throws a TypeError for one that is no stream. */
  constructor(conn: UnixConn) {
    super({ allowHalfOpen: true, highWaterMark: CHUNK, decodeStrings: true })
    if (conn.localAddr.net !== 'unix')
      throw new TypeError(`a ${conn.localAddr.net} connection is not a stream`)
    this.#conn = conn
  }

  /**
   * Writes bytes as write() does, in their order, and passes descriptors with the first of them. They are the
   * caller's, who may close them when `callback` was called. No bytes carry no descriptors: that is a
   * TypeError. Gives false, as write(), when the stream wants the caller to wait for 'drain'.
   */
  writeWithFds(bytes: Uint8Array | string, fds: readonly number[], callback?: Done): boolean {
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    if (chunk.byteLength === 0 && fds.length > 0)
      throw new TypeError('descriptors need a byte to travel with')
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    unixRights(...fds) // throws where they are none, here rather than later
    if (fds.length > 0) this.#fds.set(buffer, [...fds])
    return this.write(buffer, callback)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Done): void {
    this.#send(chunk, this.#fds.get(chunk) ?? []).then(() => callback(), callback)
  }

  override _read(): void {
    const p = Buffer.allocUnsafeSlow(CHUNK)
    this.#conn.readMsgUnix(p, this.#oob).then(
      ({ n, oobn }) => {
        this.#deliver(parseUnixRights(this.#oob.subarray(0, oobn)))
        if (!this.destroyed) this.push(n === null ? null : p.subarray(0, n))
      },
      (e: unknown) => {
        // destroy() has closed the connection itself, so a pending read fails for no other reason.
        if (!this.destroyed) this.destroy(e as Error)
      },
    )
  }

  override _final(callback: Done): void {
    this.#conn.closeWrite().then(() => callback(), callback)
  }

  override _destroy(error: Error | null, callback: Done): void {
    this.#conn.close().then(
      () => callback(error),
      (e: unknown) => callback(error ?? (e as Error)),
    )
  }

  /** A pending read or write keeps the process alive again. */
  ref(): this {
    this.#conn.ref()
    return this
  }

  /** Lets the process exit although a read or a write is pending. */
  unref(): this {
    this.#conn.unref()
    return this
  }

  async #send(bytes: Buffer, fds: readonly number[]): Promise<void> {
    if (fds.length === 0) await this.#conn.write(bytes)
    else await this.#conn.writeMsgUnix(bytes, unixRights(...fds), null)
  }

  #deliver(fds: number[]): void {
    if (fds.length === 0) return
    if (this.destroyed || this.listenerCount('fds') === 0) closeRights(fds)
    else this.emit('fds', fds)
  }
}
