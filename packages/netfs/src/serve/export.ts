import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseIPZone, splitHostPort } from '@net/addr'
import { serve9P, type ServerSession } from '@net/9p'
import { type Conn, ErrClosed, isErr, type Listener, type Target, isError } from '@net/contract'
import type { Activity } from '../account/activity.ts'
import type { Peer } from '../account/peer.ts'
import { Session } from '../conversation/session.ts'
import { Stack, type TreeOptions } from '../account/stack.ts'
import { system } from '../base/system.ts'
import { NetTree } from '../tree/tree.ts'
import { peerName } from './peer_name.ts'

/** Options of {@link exportNet}. */
export interface ExportOptions extends TreeOptions {
  /**
   * Lets anybody who can reach the port use this machine's network: without it a TCP listener that is not
   * bound to a loopback address is refused unless it authenticates its clients, as {@link tlsListener} does.
   */
  readonly dangerouslyServeAnyone?: boolean | undefined
}

/** A network that is being exported. */
export interface NetExport extends AsyncDisposable {
  /** Numbers of what its sessions do. */
  readonly activity: Activity
  /**
   * Resolves when it has ended and all that its sessions made is gone; rejects with the listener's error, if
   * that ended it.
   */
  readonly done: Promise<void>
  /**
   * Stops listening and ends all sessions, with everything they made. Rejects with the error of the listener,
   * if one ended the export.
   */
  close(): Promise<void>
}

const PAUSE = 5 // milliseconds before accepting again after an error that may pass

/** A client and its session. */
interface Client {
  readonly peer: Peer
  readonly session: Session
  readonly served: ServerSession
  /** Whether it has attached: a client that has not is the first to make room for others. */
  attached: boolean
  /** Whether its connection is being closed to make room, or since it came too late to attach. */
  refused: boolean
  /** Resolves when the session is over and everything that it made is gone. */
  over: Promise<void>
}

/** The mark of listeners that let only authenticated clients in. */
export const authenticates = Symbol.for('@net/netfs.authenticates')

/**
 * Serves a target as a Plan 9 /net to every connection that `listener` accepts, by 9P2000 and without Tauth.
 * Each connection is a session: it sees and can touch only its own conversations, and they end with it. The
 * listener is closed at the end. Throws, the listener left open, when it would let anybody in.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { exportNet } from '@net/netfs'
 * import { importNet, plan9 } from '@net/plan9'
 * import { listenTCPSync, posix } from '@net/posix'
 *
 * const kernel = posix()
 * const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const exported = exportNet(kernel, listener)
 *
 * const net = await importNet(await kernel.dialTCP('tcp', null, listener.addr))
 * console.log(await plan9({ net }).lookupPort('tcp', 'https')) // 443
 * await net.close()
 * await exported.close()
 * ```
 */
export function exportNet(target: Target, listener: Listener, options: ExportOptions = {}): NetExport {
  if (options.dangerouslyServeAnyone !== true) checkListener(listener)
  return new Exporter(new Stack(target, options), listener)
}

/**
 * Throws an Error unless the listener is safe to serve a network on: one on TCP beyond loopback must
 * authenticate its clients. The listener is left as it is.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { checkListener } from '@net/netfs'
 * import { listenTCPSync } from '@net/posix'
 *
 * const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * checkListener(listener) // nobody but this machine reaches it
 * await listener.close()
 * ```
 */
export function checkListener(listener: Listener): void {
  const { addr } = listener
  if (authenticates in listener && listener[authenticates] === true) return
  const text = addr.toString()
  if (addr.network === 'pipe') return // both ends are in this process
  // A Unix socket is kept by the permissions of its file, which an abstract name does not have.
  if (addr.network.startsWith('unix')) {
    if (text !== '' && !text.startsWith('@') && !text.startsWith('\0') && !isOpenToAll(text)) return
  } else if (isLoopback(text)) return
  throw new Error(
    `anybody could use this machine's network through ${text}: listen on a Unix socket or a loopback address, ` +
      'or let tlsListener authenticate the clients',
  )
}

// Tells whether everybody on this machine may connect to a socket: may write to it, and reach it through its
// directory.
function isOpenToAll(path: string): boolean {
  const mode = (p: string): number => statSync(p, { throwIfNoEntry: false })?.mode ?? 0
  return system.hasModes && (mode(path) & 0o002) !== 0 && (mode(dirname(path)) & 0o001) !== 0
}

function isLoopback(address: string): boolean {
  try {
    return parseIPZone(splitHostPort(address).host)?.ip.isLoopback === true
  } catch {
    return false
  }
}

class Exporter implements NetExport {
  readonly activity: Activity
  readonly done: Promise<void>
  readonly #stack: Stack
  readonly #listener: Listener
  readonly #clients = new Set<Client>() // oldest first
  #closing = false

  constructor(stack: Stack, listener: Listener) {
    this.activity = stack.activity
    this.#stack = stack
    this.#listener = listener
    this.done = this.#accept()
    this.done.catch(() => {
      // Callers see the error by `done`; this handler only keeps it from being unhandled.
    })
  }

  async close(): Promise<void> {
    this.#closing = true
    await this.#listener.close()
    await this.done
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #accept(): Promise<void> {
    try {
      for (;;) this.#admit(await this.#next())
    } catch (e) {
      if (!this.#closing && !isErr(e, ErrClosed)) throw e
    } finally {
      await this.#end()
    }
  }

  // An error that may pass, such as a lack of descriptors, does not end the export.
  async #next(): Promise<Conn> {
    for (;;) {
      try {
        return await this.#listener.accept()
      } catch (e) {
        if (!(isError(e) && 'temporary' in e && e.temporary === true)) throw e
        await new Promise((resolve) => setTimeout(resolve, PAUSE))
      }
    }
  }

  #admit(conn: Conn): void {
    const { limits, peers } = this.#stack
    const peer = peers.named(peerName(conn))
    if (this.#closing || !peer.arrivals.come() || (!peer.sessions.has(1) && !this.#makeRoom(peer))) {
      this.activity.refusedSessions++
      void conn.close().catch(() => {
        // The connection is gone either way.
      })
      return
    }
    const session = new Session(this.#stack, peer)
    const tree = new NetTree(session, () => {
      clearTimeout(timer)
      if (!client.attached) peer.arrivals.attach()
      client.attached = true
    })
    const served = serve9P(conn, tree, {
      msize: limits.msize,
      maxFids: limits.fids,
      maxRequests: limits.requests,
      maxBytes: limits.bytes,
      memory: peer,
    })
    const client: Client = { peer, session, served, attached: false, refused: false, over: served.done }
    const timer = setTimeout(() => {
      this.#refuse(client)
    }, limits.attachTime)
    client.over = served.done.then(async () => {
      clearTimeout(timer)
      await session.end()
      this.#clients.delete(client)
    })
    this.#clients.add(client)
  }

  // Ends a session for a new one of `peer`, and gives whether there was one to end: first among those that have
  // not attached, then among the idle ones, the oldest of the peer that has the most. A peer that has its share
  // makes room among its own sessions.
  #makeRoom(peer: Peer): boolean {
    const own = peer.sessions.used > 0
    let found: Client | null = null
    for (const client of this.#clients) {
      if (own ? client.peer !== peer : client.peer.sessions.used === 0) continue
      if (client.refused || (client.attached && !this.#isIdle(client))) continue
      if (found === null || isBetter(client, found)) found = client
    }
    if (found === null) return false
    this.#refuse(found)
    return true
  }

  #isIdle({ served, session }: Client): boolean {
    if (served.pending > 0 || session.conversations > 0) return false
    return performance.now() - served.heard > this.#stack.limits.idleTime
  }

  #refuse(client: Client): void {
    client.refused = true
    this.activity.refusedSessions++
    void client.served.close()
  }

  async #end(): Promise<void> {
    const clients = [...this.#clients]
    await Promise.all(clients.map(({ served }) => served.close()))
    await Promise.all(clients.map(({ over }) => over))
    await this.#listener.close()
  }
}

// Tells whether the session `a` shall be ended rather than `b`, which is older.
function isBetter(a: Client, b: Client): boolean {
  if (a.attached !== b.attached) return b.attached
  return a.peer.sessions.used > b.peer.sessions.used
}
