import type * as http from 'node:http'
import { Server } from 'node:net'
import type { Listener } from '@net/contract'
import { hostnameOf, familyOf, portOf, type NodeAddress } from './node_address.ts'

/** One listener that a server is served with. */
export interface Serving {
  /** Where connections come from. */
  readonly listener: Listener
  /** The connections that are open. */
  readonly count: number
  /** Whether connections that are closed just now write first what they have been given. */
  isPatient: boolean
  /** Stops accepting and settles when the connections there are have gone. */
  drain(): Promise<void>
}

const servers = new WeakMap<Server, Served>()

/**
 * A server of node:net that does not listen itself, made to look as though it did: `listening`, `address()`, `getConnections()`,
 * `ref()`, `unref()` and `close()` tell and do what they would, of all listeners that it is served with. It emits 'listening',
 * at which Node's http server begins to look for requests that take too long, and 'close' at the end.
 */
export class Served {
  readonly #server: Server
  readonly #servings = new Set<Serving>()
  #begun = false
  #kept: number | null = null // an http server's keepAliveTimeout as it was

  private constructor(server: Server) {
    this.#server = server
  }

  /** Adds a listener to a server; null for what is no server of Node, or listens itself. */
  static join(server: object, serving: Serving): Served | null {
    if (!(server instanceof Server)) return null
    let served = servers.get(server)
    if (served === undefined) {
      if (server.listening) return null
      served = new Served(server)
      servers.set(server, served)
      served.#cover()
    }
    served.#servings.add(serving)
    return served
  }

  /** Lets the server emit 'listening', once. */
  begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.#server.emit('listening')
  }

  /** Whether one more connection is one too many for the server's `maxConnections`. */
  get full(): boolean {
    const { maxConnections } = this.#server
    return typeof maxConnections === 'number' && this.#count >= maxConnections
  }

  /**
   * Has an http server close the connections that are idle, and each of the others behind its answer; nothing while it is served
   * with other listeners, too.
   */
  stopKeeping(serving: Serving): void {
    const [first, ...others] = this.#servings
    if (first === serving && others.length === 0) this.#stopKeeping()
  }

  /** Takes a listener away that is closed and whose connections have gone. With the last one the server is closed. */
  leave(serving: Serving): void {
    if (!this.#servings.delete(serving) || this.#servings.size > 0) return
    servers.delete(this.#server)
    for (const name of covered) Reflect.deleteProperty(this.#server, name)
    if (this.#kept !== null) Object.assign(this.#server, { keepAliveTimeout: this.#kept })
    this.#server.close() // its own, which emits 'close' and stops looking at requests
  }

  get #count(): number {
    let n = 0
    for (const { count } of this.#servings) n += count
    return n
  }

  #cover(): void {
    const server = this.#server
    const each = (act: (serving: Serving) => void): Server => {
      this.#servings.forEach(act)
      return server
    }
    const own: Record<(typeof covered)[number], PropertyDescriptor> = {
      listening: { get: () => true },
      address: { value: () => this.#address() },
      getConnections: {
        value: (callback: (error: Error | null, count: number) => void): Server => {
          process.nextTick(callback, null, this.#count)
          return server
        },
      },
      ref: { value: () => each(({ listener }) => listener.ref()) },
      unref: { value: () => each(({ listener }) => listener.unref()) },
      close: {
        value: (callback?: (error?: Error) => void): Server => {
          if (callback !== undefined) server.once('close', callback)
          this.#stopKeeping()
          return each((serving) => void serving.drain())
        },
      },
    }
    for (const name of covered) Object.defineProperty(server, name, { ...own[name], configurable: true })
  }

  #stopKeeping(): void {
    const server = this.#server
    if (!isHTTP(server) || this.#kept !== null) return
    this.#kept = server.keepAliveTimeout
    server.keepAliveTimeout = 1 // milliseconds; 0 would keep them for ever
    // Node takes a connection for idle as soon as its answer has ended, which may still wait to be written.
    for (const serving of this.#servings) serving.isPatient = true
    server.closeIdleConnections()
    for (const serving of this.#servings) serving.isPatient = false
  }

  // As net.Server's: an object for IP addresses, a path for Unix sockets.
  #address(): Required<NodeAddress> | string | null {
    const [serving] = this.#servings
    if (serving === undefined) return null
    const { addr } = serving.listener
    const [address, port] = [hostnameOf(addr), portOf(addr)]
    const family = familyOf(address)
    if (address === undefined || port === undefined || family === undefined) return addr.toString()
    return { address, family, port }
  }
}

type HTTPServer = Pick<http.Server, 'keepAliveTimeout' | 'closeIdleConnections'>

// Tells http and https servers, which have nothing but this in common.
function isHTTP(server: object): server is HTTPServer {
  return 'closeIdleConnections' in server && 'keepAliveTimeout' in server
}

const covered = ['listening', 'address', 'getConnections', 'ref', 'unref', 'close'] as const
