import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseIPZone, splitHostPort } from '@net/addr'
import { serve9P, type ServerSession } from '@net/9p'
import { type Conn, ErrClosed, isErr, type Listener, type Target, isError } from '@net/contract'
import type { Activity } from '../account/activity.ts'
import { Session } from '../conversation/session.ts'
import { Stack, type TreeOptions } from '../account/stack.ts'
import { NetTree } from '../tree/tree.ts'

/** Options of {@link exportNet}. */
export interface ExportOptions extends TreeOptions {
  /**
   * Lets anybody who can reach the port use this machine's network: without it a TCP listener that is not bound to a
   * loopback address is refused unless it authenticates its clients, as {@link tlsListener} does.
   */
  readonly dangerouslyServeAnyone?: boolean | undefined
}

/** A network that is being exported. */
export interface NetExport extends AsyncDisposable {
  /** What goes on. */
  readonly activity: Activity
  /** Resolves when it has ended and all that its sessions made is gone; rejects with the listener's error, if that ended it. */
  readonly done: Promise<void>
  /** Stops listening and ends all sessions, with everything they made. */
  close(): Promise<void>
}

const PAUSE = 5 // milliseconds before accepting again after an error that may pass

/** The mark of listeners that let only authenticated clients in. */
export const authenticates = Symbol.for('@net/netfs.authenticates')

/**
 * Serves a target as a Plan 9 /net to every connection that `listener` accepts, by 9P2000 and without Tauth. Each connection
 * is a session: it sees and can touch only its own conversations, and they end with it. The listener is closed at the end.
 * Throws, the listener left open, when it would let anybody in.
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

/** Throws unless the listener is safe to serve a network on: not TCP beyond loopback without authentication. */
export function checkListener(listener: Listener): void {
  const { addr } = listener
  if (authenticates in listener && listener[authenticates] === true) return
  const text = addr.toString()
  // A Unix socket has its file's permissions, unless its name is an abstract one; a pipe is in this process.
  if (addr.network === 'pipe') return
  if (addr.network.startsWith('unix')) {
    if (text !== '' && !text.startsWith('@') && !text.startsWith('\0') && !isOpenToAll(text)) return
  } else if (isLoopback(text)) return
  throw new Error(
    `anybody could use this machine's network through ${text}: listen on a Unix socket or a loopback address, ` +
      'or let tlsListener authenticate the clients',
  )
}

// Whether everybody on this machine may connect to a socket: write to it, and get to it through its directory.
function isOpenToAll(path: string): boolean {
  const mode = (p: string): number => statSync(p, { throwIfNoEntry: false })?.mode ?? 0
  return process.platform !== 'win32' && (mode(path) & 0o002) !== 0 && (mode(dirname(path)) & 0o001) !== 0
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
  readonly #sessions = new Map<ServerSession, Promise<void>>()
  // Those that have said nothing yet, oldest first: they must not keep others out.
  readonly #silent = new Set<ServerSession>()
  #closing = false

  constructor(stack: Stack, listener: Listener) {
    this.activity = stack.activity
    this.#stack = stack
    this.#listener = listener
    this.done = this.#accept()
    this.done.catch(() => {
      // Who waits for done is told.
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

  // One connection that fails while it is accepted is no reason to stop.
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
    const { limits } = this.#stack
    if (this.#closing || (this.#sessions.size >= limits.sessions && !this.#makeRoom())) {
      this.activity.refusedSessions++
      void conn.close().catch(() => {
        // It is refused whether or not that can be told.
      })
      return
    }
    const session = new Session(this.#stack)
    const timer = setTimeout(() => {
      this.#refuse(served)
    }, limits.attachTime)
    const tree = new NetTree(session, () => {
      clearTimeout(timer)
      this.#silent.delete(served)
    })
    const served = serve9P(conn, tree, {
      msize: limits.msize,
      maxFids: limits.fids,
      maxRequests: limits.requests,
      maxBytes: limits.bytes,
    })
    const over = served.done.then(async () => {
      clearTimeout(timer)
      this.#silent.delete(served)
      await session.end()
      this.#sessions.delete(served)
    })
    this.#sessions.set(served, over)
    this.#silent.add(served)
  }

  // Whether a session that has not attached could be ended for a new one.
  #makeRoom(): boolean {
    const [oldest] = this.#silent
    if (oldest === undefined) return false
    this.#refuse(oldest)
    return true
  }

  #refuse(served: ServerSession): void {
    this.#silent.delete(served)
    this.activity.refusedSessions++
    void served.close()
  }

  async #end(): Promise<void> {
    await Promise.all([...this.#sessions.keys()].map((served) => served.close()))
    await Promise.all(this.#sessions.values())
    await this.#listener.close()
  }
}
