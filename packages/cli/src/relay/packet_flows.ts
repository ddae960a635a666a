import { ErrClosed, isErr, type Conn } from '@net/core'
import { Ending } from '@net/io'
import type { Traffic } from './traffic.ts'

const IDLE = 60_000 // milliseconds without a packet after which a way is forgotten, as RFC 4787 lets NATs do
const MOST = 256 // ways at a time, of which the one that was used the longest ago makes room
const LONGEST = 65536 // bytes: a packet is never longer

/** A way of packets: a connection of its own, dialled once. */
interface Flow {
  readonly dialled: Promise<Conn>
  readonly timer: NodeJS.Timeout
}

/**
 * The ways by which packets go on, each to be known again by a key: a connection is dialled for the first
 * packet of a key, and what comes back is handed to whoever sent it. A way that was not used for a minute is
 * closed.
 */
export class PacketFlows implements AsyncDisposable {
  readonly #traffic: Traffic
  readonly #failed: (e: unknown) => void
  readonly #flows = new Map<string, Flow>() // the one used last is the last
  readonly #ending = new Ending()

  /** Makes an empty list; `failed` is told why a packet could not go. */
  constructor(traffic: Traffic, failed: (e: unknown) => void) {
    this.#traffic = traffic
    this.#failed = failed
  }

  /** Sends a packet on by the way of a key. Never rejects: a packet that can't go is lost, as packets are. */
  async send(
    key: string,
    packet: Uint8Array,
    dial: (options: { readonly signal: AbortSignal }) => Promise<Conn>,
    answer: (packet: Uint8Array, from: Conn) => Promise<unknown>,
  ): Promise<void> {
    let flow = this.#flows.get(key)
    try {
      flow ??= this.#begin(key, dial({ signal: this.#ending.signal }), answer)
      this.#flows.delete(key)
      this.#flows.set(key, flow)
      flow.timer.refresh()
      this.#traffic.sent += await (await flow.dialled).write(packet)
    } catch (e) {
      if (!this.#ending.isOver && !isErr(e, ErrClosed)) this.#failed(e)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.end(new Error('the packets go no more'))
    await Promise.all([...this.#flows.keys()].map((key) => this.#end(key)))
  }

  #begin(
    key: string,
    dialled: Promise<Conn>,
    answer: (packet: Uint8Array, from: Conn) => Promise<unknown>,
  ): Flow {
    const [oldest] = this.#flows.keys()
    if (this.#flows.size >= MOST && oldest !== undefined) void this.#end(oldest)
    const flow = { dialled, timer: setTimeout(() => void this.#end(key), IDLE) }
    flow.timer.unref()
    this.#flows.set(key, flow)
    this.#traffic.connections++
    this.#traffic.total++
    void this.#receive(key, dialled, answer)
    return flow
  }

  async #receive(
    key: string,
    dialled: Promise<Conn>,
    answer: (packet: Uint8Array, from: Conn) => Promise<unknown>,
  ): Promise<void> {
    try {
      const conn = await dialled
      const p = new Uint8Array(LONGEST)
      for (;;) {
        const n = await conn.read(p)
        if (n === null) break
        this.#traffic.received += n
        this.#flows.get(key)?.timer.refresh()
        await answer(p.slice(0, n), conn)
      }
    } catch {
      // That nobody is there, or that it was closed, ends the way: the next packet dials anew.
    }
    await this.#end(key)
  }

  async #end(key: string): Promise<void> {
    const flow = this.#flows.get(key)
    if (flow === undefined) return
    this.#flows.delete(key)
    clearTimeout(flow.timer)
    this.#traffic.connections--
    await flow.dialled.then((conn) => conn.close()).catch(() => {}) // it is gone either way
  }
}
