import type { Addr } from '@net/addr'
import type { PacketConn } from '../conn.ts'
import { equal, equalBytes } from './assert.ts'
import { pattern } from './bytes.ts'
import type { LivenessScript } from './liveness.ts'
import type { Shape } from './op_error.ts'
import { part, type PartOptions, type Runner, type Stoppable } from './part.ts'

/** Two packet connections that can reach each other. */
export interface PacketPair<A extends Addr = Addr> extends Stoppable {
  /** One. */
  readonly p1: PacketConn<A>
  /** The other. */
  readonly p2: PacketConn<A>
}

/** Makes a fresh pair of packet connections. */
export type MakePacketPair<A extends Addr = Addr> = () => Promise<PacketPair<A>>

/** What the packet connections of a maker are able to do. */
export interface PacketConnOptions extends PartOptions {
  /** The network that errors name; absent: any but ''. */
  readonly network?: string | undefined
  /** The largest packet, in bytes; one more fails with EMSGSIZE. Absent: not checked. */
  readonly largest?: number | undefined
  /** Makes a connection that has a fixed peer, for {@link ErrWriteToConnected}; absent: not checked. */
  readonly makeConnected?: (() => Promise<PacketConn>) | undefined
  /** How a child process makes a packet connection: a script that leaves it in `p1`; absent: not checked. */
  readonly liveness?: LivenessScript | undefined
}

/** What the groups of statements about packet connections share. */
export class PacketTest {
  /** What the packet connections are able to do. */
  readonly options: PacketConnOptions
  readonly #t: Runner
  readonly #make: MakePacketPair

  /** Makes the shared part of a run. */
  constructor(t: Runner, make: MakePacketPair, options: PacketConnOptions) {
    this.#t = t
    this.#make = make
    this.options = options
  }

  /** Registers a statement that gets a fresh pair. */
  states(statement: string, body: (pair: PacketPair) => Promise<void>): void {
    part(this.#t, this.options, statement, this.#make, body)
  }

  /** The shape of the errors of readFrom. */
  reading(c: PacketConn): Shape {
    return { op: 'read', net: this.options.network, source: c.localAddr, addr: null }
  }

  /** The shape of the errors of writeTo. */
  writing(c: PacketConn, to: Addr): Shape {
    return { op: 'write', net: this.options.network, source: c.localAddr, addr: to }
  }
}

/** Sends a packet over and back. */
export async function packetTrip({ p1, p2 }: PacketPair): Promise<void> {
  const into = new Uint8Array(200)
  const want = pattern(100, 5)
  equal(await p1.writeTo(want, p2.localAddr), 100, 'writeTo()')
  const [n, from] = await p2.readFrom(into)
  equalBytes(into.subarray(0, n), want, 'the packet')
  equal(from.toString(), p1.localAddr.toString(), 'the sender')
  equal(await p2.writeTo(into.subarray(0, n), from), 100, 'writeTo() of the answer')
  const [m, back] = await p1.readFrom(into)
  equalBytes(into.subarray(0, m), want, 'the answer')
  equal(back.toString(), p2.localAddr.toString(), 'the sender of the answer')
}
