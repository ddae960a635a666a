import type { UDPAddr } from '@net/addr'
import type { NetOpenOptions, UDPConn } from '@net/contract'
import { DatagramQueue } from './datagram_queue.ts'
import { Gate } from './gate.ts'
import type { Account } from './account.ts'

const MAX_CALLS = 10 // senders that wait for an open of listen
const MAX_DATAGRAM = 65535

/** A sender, as the announced port met it. */
export interface Call {
  readonly remote: UDPAddr
  readonly queue: DatagramQueue
}

/**
 * A port that was announced, and the conversations that its senders became. The socket is shared: it is closed when the
 * announcement and all those conversations have ended.
 */
export class UDPPort {
  readonly conn: UDPConn
  readonly #session: Account
  readonly #senders = new Map<string, DatagramQueue>()
  readonly #gate = new Gate()
  #calls: Call[] = []
  #announced = true
  #keeping = 0
  #pumping = false
  #closed: Promise<void> | null = null

  /** Takes over a socket. */
  constructor(conn: UDPConn, session: Account) {
    this.conn = conn
    conn.unref()
    this.#session = session
  }

  /** Whether datagrams are handed out by sender; before the first {@link call} they are left to the system. */
  get isPumping(): boolean {
    return this.#pumping
  }

  /** Waits for the next sender that has no conversation yet; null when the announcement has ended. */
  async call(options: NetOpenOptions): Promise<Call | null> {
    const keeps = options.ref !== false
    if (keeps) this.keep(1)
    try {
      return await this.#call(options)
    } finally {
      if (keeps) this.keep(-1)
    }
  }

  /** Counts who lets the socket keep the process alive. */
  keep(change: 1 | -1): void {
    this.#keeping += change
    if (this.#keeping > 0) this.conn.ref()
    else this.conn.unref()
  }

  async #call(options: NetOpenOptions): Promise<Call | null> {
    this.#pump()
    for (;;) {
      const call = this.#calls.shift()
      if (call !== undefined) return call
      if (!this.#announced || this.#closed !== null) return null
      await this.#gate.wait(options)
    }
  }

  /** Ends the announcement: senders without a conversation are forgotten. */
  async retire(): Promise<void> {
    this.#announced = false
    for (const { remote } of this.#calls.splice(0)) this.#forget(remote)
    this.#gate.open()
    await this.#settle()
  }

  /** Ends the conversation with a sender. */
  async leave(remote: UDPAddr): Promise<void> {
    this.#forget(remote)
    await this.#settle()
  }

  #forget(remote: UDPAddr): void {
    const key = remote.toString()
    this.#senders.get(key)?.close()
    this.#senders.delete(key)
  }

  async #settle(): Promise<void> {
    if (!this.#announced && this.#senders.size === 0) this.#closed ??= this.conn.close()
    await this.#closed
  }

  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    void this.#receive()
  }

  async #receive(): Promise<void> {
    const buffer = new Uint8Array(MAX_DATAGRAM)
    try {
      for (;;) {
        const [n, from] = await this.conn.readFrom(buffer)
        this.#deliver(buffer.subarray(0, n), from)
      }
    } catch {
      // Closed, or the socket has failed for good: nobody calls any more.
      this.#closed ??= this.conn.close().catch(() => {})
      for (const queue of this.#senders.values()) queue.close()
      this.#gate.open()
    }
  }

  #deliver(datagram: Uint8Array, from: UDPAddr): void {
    const key = from.toString()
    let queue = this.#senders.get(key)
    if (queue === undefined) {
      if (!this.#announced || this.#calls.length >= MAX_CALLS) return
      queue = new DatagramQueue(this.#session)
      this.#senders.set(key, queue)
      this.#calls.push({ remote: from, queue })
    }
    queue.push(datagram)
    this.#gate.open()
  }
}
