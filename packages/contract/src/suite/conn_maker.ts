import type { Conn } from '../conn.ts'
import type { LivenessScript } from './liveness.ts'
import type { Shape } from './op_error.ts'
import { part, type PartOptions, type Runner, type Stoppable } from './part.ts'

/** Two connected ends. */
export interface ConnPair<C extends Conn = Conn> extends Stoppable {
  /** One end. */
  readonly c1: C
  /** The other end. */
  readonly c2: C
}

/** Makes a fresh pair of connected ends. */
export type MakePipe<C extends Conn = Conn> = () => Promise<ConnPair<C>>

/** What the connections of a maker are able to do. */
export interface ConnOptions extends PartOptions {
  /**
   * 'stream' (when absent): bytes in order, with an end. 'seqpacket': packets in order, with an end. 'datagram': packets
   * that may be lost, without an end and without back-pressure.
   */
  readonly kind?: 'stream' | 'seqpacket' | 'datagram' | undefined
  /** The network that errors name; absent: any but ''. */
  readonly network?: string | undefined
  /** Whether errors carry the addresses of both ends; absent means they do. */
  readonly errorAddrs?: boolean | undefined
  /** Whether the ends have closeRead and closeWrite. */
  readonly halfClose?: boolean | undefined
  /** Whether the ends have `readable` and `writable`. */
  readonly byteStreams?: boolean | undefined
  /** Ends `c` so that its peer's connection is reset; absent: the network has no reset. */
  readonly reset?: ((c: Conn) => void | Promise<void>) | undefined
  /** How a child process makes a pair: a script that leaves it in `c1` and `c2`; absent: not checked. */
  readonly liveness?: LivenessScript | undefined
}

/** What the groups of statements about connections share. */
export class ConnTest {
  /** What the connections are able to do. */
  readonly options: ConnOptions
  /** Whether bytes have no borders. */
  readonly stream: boolean
  /** Whether a connection has an end, keeps everything and makes a fast writer wait. */
  readonly reliable: boolean
  readonly #t: Runner
  readonly #make: MakePipe

  /** Makes the shared part of a run. */
  constructor(t: Runner, make: MakePipe, options: ConnOptions) {
    this.#t = t
    this.#make = make
    this.options = options
    const kind = options.kind ?? 'stream'
    this.stream = kind === 'stream'
    this.reliable = kind !== 'datagram'
  }

  /** Registers a statement that gets a fresh pair. */
  states(statement: string, body: (pair: ConnPair) => Promise<void>): void {
    part(this.#t, this.options, statement, this.#make, body)
  }

  /** The shape of the errors of an operation on `c`. */
  shape(c: Conn, op: 'read' | 'write'): Shape {
    const { network: net, errorAddrs = true } = this.options
    const source = errorAddrs ? c.localAddr : null
    const addr = errorAddrs ? c.remoteAddr : null
    return { op, net, source, addr }
  }
}
