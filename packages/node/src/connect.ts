import { isIP, type LookupFunction } from 'node:net'
import { addAbortSignal } from 'node:stream'
import { type Conn, DNSError } from '@net/contract'
import { type ConnectArguments, connectArguments, type ConnectOptions } from './connect_arguments.ts'
import { type Dialer, dialTo } from './dialer.ts'
import { ConnDuplex } from './duplex.ts'
import { hostnameOf } from './node_address.ts'

/** A stream that dials by itself, as net.Socket does: what {@link connect} gives. */
export class DialDuplex<O = unknown> extends ConnDuplex {
  readonly #net: Dialer<O>
  readonly #options: ConnectOptions<O>
  readonly #giveUp = new AbortController()
  #dialled: Promise<Conn> | null = null
  #stands = false
  #settle: (conn: Promise<Conn>) => void = () => {}
  readonly #conn = new Promise<Conn>((resolve) => (this.#settle = resolve))

  /** Makes a stream that does not dial yet. */
  constructor(net: Dialer<O>, options: ConnectOptions<O>) {
    super(null, options)
    this.#net = net
    this.#options = options
    const { timeout, noDelay, keepAlive, keepAliveInitialDelay, signal } = options
    if (timeout !== undefined) this.setTimeout(timeout)
    if (noDelay !== undefined) this.setNoDelay(noDelay)
    if (keepAlive !== undefined) this.setKeepAlive(keepAlive, keepAliveInitialDelay)
    if (signal !== undefined) addAbortSignal(signal, this)
  }

  /** Dials, once; without arguments to where the options say. Later calls do nothing but wait for 'connect', too. */
  override connect(...args: ConnectArguments<O>): this {
    const [given, listener] = connectArguments(args)
    if (listener !== undefined) this.once('connect', listener)
    if (this.#dialled !== null || this.destroyed) return this
    const to = { ...this.#options, ...given }
    this.#dialled = this.#dial(to)
    this.#settle(this.#dialled)
    return this
  }

  override get connecting(): boolean {
    return this.#dialled !== null && !this.#stands && !this.destroyed
  }

  override _construct(callback: (error?: Error | null) => void): void {
    this.#conn.then(
      (conn) => {
        this.#stands = true
        this.attach(conn)
        callback()
        if (this.destroyed) return
        this.emit('connect')
        this.emit('ready')
      },
      // A stream that is destroyed meanwhile has its own reason.
      (e: unknown) => callback(this.destroyed ? null : (e as Error)),
    )
  }

  override destroy(error?: Error): this {
    const dialling = !this.#stands && !this.destroyed
    super.destroy(error)
    if (dialling) {
      this.#giveUp.abort()
      if (this.#dialled === null) this.#settle(Promise.reject(this.#giveUp.signal.reason as Error))
    }
    return this
  }

  async #dial(to: ConnectOptions<O>): Promise<Conn> {
    const { host = 'localhost', lookup, path } = to
    const named = !path && isIP(host) === 0
    const found = named && lookup !== undefined ? await this.#lookup(lookup, host, to.family ?? 0) : host
    try {
      const conn = await dialTo(this.#net, { ...to, host: found }, to.dial, this.#giveUp.signal)
      const address = hostnameOf(conn.remoteAddr)
      if (named && found === host && address !== undefined) this.#looked(null, address, isIP(address), host)
      return conn
    } catch (e) {
      if ((e as Error).cause instanceof DNSError) this.#looked(e as Error, undefined, undefined, host)
      throw e
    }
  }

  #lookup(lookup: LookupFunction, host: string, family: number): Promise<string> {
    return new Promise((resolve, reject) => {
      lookup(host, { family }, (e, found, foundFamily) => {
        // Some answer with a list although one address was asked for.
        const [first] = Array.isArray(found) ? found : [{ address: found, family: foundFamily }]
        this.#looked(e, first?.address, first?.family, host)
        if (e !== null) reject(e)
        else if (first === undefined) reject(new Error(`there is no address of ${host}`))
        else resolve(first.address)
      })
    })
  }

  #looked(e: Error | null, address: string | undefined, family: number | undefined, host: string): void {
    if (!this.destroyed) this.emit('lookup', e, address, family, host)
  }
}

/**
 * Makes a stream that dials over `net`, as net.connect does over the host: it can be written to at once, and emits 'lookup' for a
 * name, then 'connect' and 'ready'. What goes wrong with dialling is its 'error', with `code`, `address` and `port`. Destroying it
 * ends the dial. Everything else is as with {@link toDuplex}. Throws Node's errors for a `timeout` that is none.
 *
 * Without a destination it waits for its `connect(port, host)`, which is what clients call that are given a stream.
 *
 * @example
 * ```ts
 * import { once } from 'node:events'
 * import { defaultNet, listen } from '@net/core'
 * import { connect } from '@net/core/node'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const socket = connect(defaultNet(), { host: '127.0.0.1', port: listener.addr.port })
 * socket.write('hello')
 * await once(socket, 'connect')
 * console.log(socket.remotePort === listener.addr.port) // true
 * const peer = await listener.accept()
 * console.log(await peer.read(new Uint8Array(64))) // 5
 * socket.destroy()
 * await Promise.all([peer.close(), listener.close()])
 * ```
 */
export function connect<O>(net: Dialer<O>, ...args: ConnectArguments<O>): DialDuplex<O> {
  const [options, listener] = connectArguments(args)
  const stream = new DialDuplex(net, options ?? {})
  if (listener !== undefined) stream.once('connect', listener)
  return options === undefined ? stream : stream.connect()
}
