import { ErrClosed, isErr, type Conn, type PacketConn } from '@net/core'
import { PacketFlows } from './packet_flows.ts'
import type { Service } from './services.ts'
import type { Traffic } from './traffic.ts'

/** Passes the packets that come in on, and the answers back, each sender by a way of its own. */
export class PacketRelay implements Service {
  readonly done: Promise<void>
  readonly #packets: PacketConn
  readonly #flows: PacketFlows

  /** Takes the socket over and begins. */
  constructor(
    packets: PacketConn,
    dial: (options: { readonly signal: AbortSignal }) => Promise<Conn>,
    traffic: Traffic,
    failed: (e: unknown) => void,
  ) {
    this.#packets = packets
    this.#flows = new PacketFlows(traffic, failed)
    this.done = this.#run(dial)
    this.done.catch(() => {}) // whoever waits for `done` gets the error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#packets.close()
    await this.#flows[Symbol.asyncDispose]()
  }

  async #run(dial: (options: { readonly signal: AbortSignal }) => Promise<Conn>): Promise<void> {
    try {
      for (;;) {
        const [packet, sender] = await this.#packets.receive()
        void this.#flows.send(sender.toString(), packet, dial, (answer) => this.#packets.send(answer, sender))
      }
    } catch (e) {
      if (!isErr(e, ErrClosed)) throw e
    }
  }
}
