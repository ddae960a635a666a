import { setMaxListeners } from 'node:events'
import { ErrClosed, isErr, joinHostPort, type Conn, type Listener, type Net, type TCPAddr } from '@net/core'
import { relay } from './relay.ts'
import { Traffic } from './traffic.ts'

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
  /** Connections at a time; one more waits. Default 1024. */
  readonly connections?: number | undefined
}

/** Speaks a protocol of proxies with a client: resolves when that is done. It closes the client's connection. */
export type Protocol = (client: Conn, proxy: Proxy) => Promise<void>

/** A proxy: takes clients from a listener and dials for them through a Net. */
export class Proxy implements AsyncDisposable {
  readonly net: Net
  readonly traffic: Traffic
  readonly login: Login | undefined
  readonly greetingTime: number
  /** Aborted when the proxy closes. */
  readonly signal: AbortSignal
  /** Resolves when the proxy has been closed; rejects when the listener fails. */
  readonly done: Promise<void>
  readonly #listener: Listener
  readonly #protocol: Protocol
  /** Milliseconds that dialling may take. */
  readonly dialTime: number
  readonly #most: number
  readonly #controller = new AbortController()
  readonly #clients = new Map<Conn, Promise<void>>()

  /** Takes the listener over and begins to serve. */
  constructor(listener: Listener, protocol: Protocol, options: ProxyOptions) {
    this.net = options.net
    this.traffic = options.traffic ?? new Traffic()
    this.login = options.login
    this.greetingTime = options.greetingTime ?? 10_000
    this.signal = this.#controller.signal
    setMaxListeners(0, this.signal) // every connection listens
    this.dialTime = options.dialTime ?? 30_000
    this.#most = options.connections ?? 1024
    this.#listener = listener
    this.#protocol = protocol
    this.done = this.#run()
    this.done.catch(() => {
      // Who waits for done is told.
    })
  }

  /** Where it listens. */
  get addr(): Listener['addr'] {
    return this.#listener.addr
  }

  /** Dials TCP for a client. Rejects with the dial's error, or a RangeError for what is no host or port. */
  async dial(host: string, port: number): Promise<Conn> {
    if (!isHost(host) || !(Number.isInteger(port) && port > 0 && port < 65536)) {
      throw new RangeError('no host and port')
    }
    return this.net.dial('tcp', joinHostPort(host, port), { timeout: this.dialTime, signal: this.signal })
  }

  /** Connects a client with what was dialled for it, until both have ended. */
  async join(client: Conn, remote: Conn): Promise<void> {
    const { signal, traffic } = this
    const counts = {
      sent: (n: number) => (traffic.sent += n),
      received: (n: number) => (traffic.received += n),
    }
    await relay(client, remote, counts, signal)
  }

  /** Stops listening and ends every connection. */
  async close(): Promise<void> {
    this.#controller.abort(new Error('the proxy is closed'))
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
        while (this.#clients.size >= this.#most) await Promise.race(this.#clients.values())
        this.#serve(await this.#listener.accept())
      }
    } catch (e) {
      if (!this.signal.aborted && !isErr(e, ErrClosed)) throw e
    }
  }

  #serve(client: Conn): void {
    this.traffic.connections++
    this.traffic.total++
    const served = this.#protocol(client, this)
      .catch(() => {
        // A client that speaks nonsense, says nothing or goes away is hung up on.
      })
      .then(() => client.close())
      .finally(() => {
        this.traffic.connections--
        this.#clients.delete(client)
      })
    served.catch(() => {})
    this.#clients.set(client, served)
    if (this.signal.aborted) void client.close()
  }
}

/** A host's name or address and nothing else: it becomes part of queries and requests. */
function isHost(host: string): boolean {
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
  for (let cause = e; cause instanceof Error; cause = cause.cause) {
    if ('isNotFound' in cause) return 'host'
    if ('timeout' in cause && cause.timeout === true) return 'timeout'
    const known = 'code' in cause && typeof cause.code === 'string' ? failures[cause.code] : undefined
    if (known !== undefined) return known
  }
  return 'other'
}
