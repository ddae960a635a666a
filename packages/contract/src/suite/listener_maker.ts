import type { Conn, Listener } from '../conn.ts'
import type { LivenessScript } from './liveness.ts'
import type { Shape } from './op_error.ts'
import { part, type PartOptions, type Runner, type Stoppable } from './part.ts'

/** A listener and a way to reach it. */
export interface Listening<C extends Conn = Conn> extends Stoppable {
  /** The listener. */
  readonly listener: Listener<C>
  /** Connects to the listener; `stop` closes what it gave. */
  dial(): Promise<Conn>
}

/** Makes a fresh listener. */
export type MakeListener<C extends Conn = Conn> = () => Promise<Listening<C>>

/** What the listeners of a maker are able to do. */
export interface ListenerTestOptions extends PartOptions {
  /** The network that errors name; absent: any but ''. */
  readonly network?: string | undefined
  /** How a child process makes a listener: a script that leaves it in `listener`; absent: not checked. */
  readonly liveness?: LivenessScript | undefined
}

/** What the groups of statements about listeners share. */
export class ListenerTest {
  readonly #t: Runner
  readonly #make: MakeListener
  readonly #options: ListenerTestOptions

  /** Makes the shared part of a run. */
  constructor(t: Runner, make: MakeListener, options: ListenerTestOptions) {
    this.#t = t
    this.#make = make
    this.#options = options
  }

  /** Registers a statement that gets a fresh listener. */
  states(statement: string, body: (made: Listening) => Promise<void>): void {
    part(this.#t, this.#options, statement, this.#make, body)
  }

  /** The shape of the errors of accept. */
  shape(listener: Listener): Shape {
    return { op: 'accept', net: this.#options.network, source: null, addr: listener.addr }
  }
}

/** Accepts and dials at once. The accepted connection is first. */
export async function meet(made: Listening): Promise<[Conn, Conn]> {
  return Promise.all([made.listener.accept(), made.dial()])
}
