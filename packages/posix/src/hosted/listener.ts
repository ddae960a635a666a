import type { ListenOptions as HostListenOptions, Server, ServerOpts, Socket } from 'node:net'
import type { Addr } from '@net/addr'
import { type Conn, type File, type IOOptions, type RawConn } from '@net/contract'
import { LaneListener, networkRefusal, Op, type Lane } from '@net/io'
import { ErrWindows } from '@net/stubs'
import { hostError, listenError } from './errors.ts'
import { Handle } from './handle.ts'
import { READ_AHEAD, reset } from './stream.ts'

/** The backlog of the kernel's queue, from which the host accepts at once, when none is said. */
export const BACKLOG = 4096

// libuv gets these errors when no descriptor is left. It then closes the connection that it could not accept
// and goes on.
const starved = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ECONNABORTED'])

/** A listening socket of the host, with the connections that the host has accepted and nobody has taken. */
export class ListenHandle extends Handle {
  readonly #server: Server
  readonly #accepted: Socket[] = []
  #failure: Error | null = null

  /** Takes over a listening server. */
  constructor(server: Server, net: string, addr: Addr) {
    super(server, net, null, addr)
    this.#server = server
    server.on('connection', (socket) => {
      socket.unref()
      // Reading the address now makes the host remember it: a peer that has gone by the time of accept has no
      // address any more.
      Reflect.get(socket, 'remoteAddress')
      socket.on('error', () => {
        // The error is not lost: the first read of the accepted connection meets it.
      })
      if (this.isClosed) {
        reset(socket)
      } else {
        this.#accepted.push(socket)
        this.reading.wake()
      }
    })
    server.on('error', (e) => {
      if (starved.has((e as NodeJS.ErrnoException).code ?? '')) return
      this.#failure = e
      this.reading.wake()
    })
  }

  /** The next connection, or null. */
  next(): Socket | null {
    return this.#accepted.shift() ?? null
  }

  /** Takes the error of the listening socket, if there is one. */
  takeFailure(): Error | null {
    const e = this.#failure
    this.#failure = null
    return e === null ? null : hostError(e, 'accept')
  }

  protected release(): Promise<void> {
    // The callback of close is of no use here, as it also waits for all accepted connections to end; the
    // socket itself is closed when close returns.
    this.#server.close()
    for (const socket of this.#accepted.splice(0)) reset(socket)
    return Promise.resolve()
  }
}

class AcceptOp<C> extends Op<C> {
  readonly #handle: ListenHandle
  readonly #make: (socket: Socket) => C

  constructor(handle: ListenHandle, make: (socket: Socket) => C) {
    super('accept')
    this.#handle = handle
    this.#make = make
  }

  attempt(): boolean {
    const socket = this.#handle.next()
    if (socket !== null) return this.done(this.#make(socket))
    const e = this.#handle.takeFailure()
    return e === null ? false : this.fail(e)
  }
}

/** Binds and listens. Rejects with a bare error. */
export function listenServer(listen: HostListenOptions, options: ServerOpts = {}): Promise<Server> {
  return new Promise((resolve, reject) => {
    const forbidden = networkRefusal()
    if (forbidden !== null) {
      reject(forbidden)
      return
    }
    const { createServer } = process.getBuiltinModule('node:net') // only here, as the kernel's sockets need none of it
    const server = createServer({
      ...options,
      allowHalfOpen: true,
      pauseOnConnect: true,
      highWaterMark: READ_AHEAD,
    })
    server.once('error', (e) => {
      reject(listenError(e))
    })
    try {
      // Without `exclusive`, a worker of a cluster would get the primary's socket instead of its own.
      server.listen({ ...listen, exclusive: true }, () => {
        server.removeAllListeners('error')
        resolve(server)
      })
    } catch (e) {
      reject(listenError(e))
    }
  })
}

/** A socket of the host that accepts connections: what all listeners have in common. */
export abstract class HostedListener<C extends Conn, A extends Addr> extends LaneListener<C, A> {
  /** The host's socket. */
  protected readonly handle: ListenHandle

  /** Takes over a listening socket. */
  protected constructor(handle: ListenHandle) {
    super()
    this.handle = handle
  }

  protected get accepting(): Lane {
    return this.handle.reading
  }

  get addr(): A {
    return this.handle.remoteAddr as A
  }

  /** Makes the connection of an accepted socket. */
  protected abstract connection(socket: Socket): C

  accept(options?: IOOptions): Promise<C> {
    return this.handle.reading.run(new AcceptOp(this.handle, this.#connection), options)
  }

  readonly #connection = (socket: Socket): C => this.connection(socket)

  /** Refuses: the host's sockets have descriptors, but it does not show them. */
  file(): Promise<File> {
    return Promise.reject(this.handle.opError('file', ErrWindows))
  }

  /** Refuses: the host's sockets have descriptors, but it does not show them. */
  syscallConn(): RawConn {
    throw this.handle.opError('raw-control', ErrWindows)
  }

  ref(): void {
    this.handle.ref()
  }

  unref(): void {
    this.handle.unref()
  }

  close(): Promise<void> {
    return this.handle.close()
  }
}
