import { isError } from '@net/contract'
import {
  ErrClosed,
  isErr,
  joinHostPort,
  type Addr,
  type Conn,
  type Listener,
  type Net,
  type TCPAddr,
} from '@net/core'
import { Ending } from '@net/io'
import { dismiss, relay } from '../relay/relay.ts'
import { Traffic } from '../relay/traffic.ts'

/** Who may use a proxy. */
export interface Login {
  readonly user: string
  readonly password: string
}

/** Options of {@link Proxy}. */
export interface ProxyOptions {
  /** What the proxy dials through. */
  readonly net: Net
  /** Where what goes on is counted; absent: for itself. */
  readonly traffic?: Traffic | undefined
  /** Absent: everybody who can connect may use it. */
  readonly login?: Login | undefined
  /** Milliseconds that a client has to say what it wants; default 10 000. */
  readonly greetingTime?: number | undefined
  /** Milliseconds that dialling may take; default 30 000. */
  readonly dialTime?: number | undefined
  /**
   * Connections at a time; default 1024. One more takes the place of the oldest that has not yet said what it
   * wants; where all have, it waits until one has ended.
   */
  readonly connections?: number | undefined
}

/** What a client wants to be connected to is no host and port. */
export class NoPlace extends Error {}

/**
 * Speaks a protocol of proxies with a client: resolves when that is done. It closes the client's connection.
 */
export type Protocol = (client: Conn, proxy: Proxy) => Promise<void>

/** What a client is told of a dial for it. */
export interface Replies {
  /** It is connected, and from there this end is seen at `addr`. */
  granted(addr: Addr): Uint8Array
  /** It can't be connected. */
  refused(e: unknown): Uint8Array
}

/** A proxy: takes clients from a listener and dials for them through a Net. */
export class Proxy implements AsyncDisposable {
  readonly net: Net
  readonly traffic: Traffic
  readonly login: Login | undefined
  readonly greetingTime: number
  /** Comes when the proxy closes. */
  readonly ending = new Ending()
  /** Resolves when the proxy has been closed; rejects when the listener fails. */
  readonly done: Promise<void>
  readonly #listener: Listener
  readonly #protocol: Protocol
  /** Milliseconds that dialling may take. */
  readonly dialTime: number
  readonly #most: number
  readonly #clients = new Map<Conn, Promise<void>>()
  readonly #greeting = new Set<Conn>() // clients that have not said what they want, the oldest first

  /** Takes the listener over and begins to serve. */
  constructor(listener: Listener, protocol: Protocol, options: ProxyOptions) {
    this.net = options.net
    this.traffic = options.traffic ?? new Traffic()
    this.login = options.login
    this.greetingTime = options.greetingTime ?? 10_000
    this.dialTime = options.dialTime ?? 30_000
    this.#most = options.connections ?? 1024
    this.#listener = listener
    this.#protocol = protocol
    this.done = this.#run()
    this.done.catch(() => {
      // Whoever waits for `done` gets the error; nobody has to.
    })
  }

  /** Where it listens. */
  get addr(): Listener['addr'] {
    return this.#listener.addr
  }

  /** Dials TCP for a client. Rejects with the dial's error, or a {@link NoPlace}. */
  async dial(host: string, port: number): Promise<Conn> {
    if (!isHost(host) || !(Number.isInteger(port) && port > 0 && port < 65536)) {
      throw new NoPlace('no host and port')
    }
    const { dialTime: timeout, ending } = this
    return this.net.dial('tcp', joinHostPort(host, port), { timeout, signal: ending.signal })
  }

  /** A client has said what it wants: its place is its own until it has ended. */
  greeted(client: Conn): void {
    this.#greeting.delete(client)
  }

  /**
   * Connects a client with a place, tells it so, and passes on what it has said already. One that can't be
   * connected is told and hung up on. Resolves when both have ended.
   */
  async connect(
    client: Conn,
    host: string,
    port: number,
    early: Uint8Array,
    replies: Replies,
  ): Promise<void> {
    let remote: Conn
    try {
      remote = await this.dial(host, port)
    } catch (e) {
      await dismiss(client, replies.refused(e))
      return
    }
    try {
      client.setDeadline(null)
      await client.write(replies.granted(remote.localAddr))
      if (early.byteLength > 0) await remote.write(early)
      await this.join(client, remote)
    } finally {
      await remote.close()
    }
  }

  /** Connects a client with what was dialled for it, until both have ended. */
  async join(client: Conn, remote: Conn): Promise<void> {
    const { ending, traffic } = this
    const counts = {
      sent: (n: number) => (traffic.sent += n),
      received: (n: number) => (traffic.received += n),
    }
    await relay(client, remote, counts, ending)
  }

  /** Stops listening and ends every connection. */
  async close(): Promise<void> {
    this.ending.end(new Error('the proxy is closed'))
    await this.#listener.close()
    await Promise.allSettled([...this.#clients.keys()].map((client) => client.close()))
    await Promise.allSettled([...this.#clients.values(), this.done])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        const client = await this.#listener.accept()
        while (this.#clients.size >= this.#most) await this.#makeRoom()
        this.#serve(client)
      }
    } catch (e) {
      if (!this.ending.isOver && !isErr(e, ErrClosed)) throw e
    }
  }

  async #makeRoom(): Promise<void> {
    const [oldest] = this.#greeting
    if (oldest === undefined) {
      await Promise.race(this.#clients.values())
    } else {
      void oldest.close()
      await this.#clients.get(oldest)
    }
  }

  #serve(client: Conn): void {
    this.traffic.connections++
    this.traffic.total++
    this.#greeting.add(client)
    const served = this.#protocol(client, this)
      .catch(() => {
        // The client spoke nonsense, said nothing or went away; it is hung up on, and nobody else is
        // concerned.
      })
      .then(() => client.close())
      .finally(() => {
        this.traffic.connections--
        this.#greeting.delete(client)
        this.#clients.delete(client)
      })
    served.catch(() => {})
    this.#clients.set(client, served)
    if (this.ending.isOver) void client.close()
  }
}

/** A host's name or address and nothing else: it becomes part of queries and requests. */
export function isHost(host: string): boolean {
  return host.length < 256 && (/^[A-Za-z0-9_.-]+$/.test(host) || /^[0-9A-Fa-f:.]+$/.test(host))
}

/** Throws unless only this machine can reach the address, which is that of a proxy. */
export function checkLoopback(addr: TCPAddr): void {
  if (addr.ip?.isLoopback === true) return
  const risk = `anybody could use a proxy at ${addr.toString()}`
  throw new Error(`${risk}: listen on a loopback address, or insist with --dangerously-serve-anyone`)
}

/** Why a dial failed, as far as protocols of proxies can tell. */
export type Failure = 'refused' | 'network' | 'host' | 'denied' | 'timeout' | 'other'

const failures: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: 'refused',
  ENETUNREACH: 'network',
  ENETDOWN: 'network',
  EHOSTUNREACH: 'host',
  EHOSTDOWN: 'host',
  EACCES: 'denied',
  EPERM: 'denied',
}

/** Why a dial failed. */
export function failureOf(e: unknown): Failure {
  for (let cause = e; isError(cause); cause = cause.cause) {
    if ('isNotFound' in cause) return 'host'
    if ('timeout' in cause && cause.timeout === true) return 'timeout'
    const known = 'code' in cause && typeof cause.code === 'string' ? failures[cause.code] : undefined
    if (known !== undefined) return known
  }
  return 'other'
}
