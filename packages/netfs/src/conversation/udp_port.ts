import type { IP, UDPAddr } from '@net/addr'
import type { IOOptions, NetOpenOptions, UDPConn } from '@net/contract'
import { Liveness } from '@net/io'
import { DatagramQueue } from '../account/datagram_queue.ts'
import { Condition } from '../base/condition.ts'
import type { Account } from '../account/account.ts'
import {
  knowsPacketAddress,
  PACKET_ADDRESS_SIZE,
  type PacketAddress,
  packetAddress,
  sendFrom,
} from '../base/packet_address.ts'

const MAX_CALLS = 10 // senders that wait for an open of listen
const MAX_DATAGRAM = 65535

/** A sender whose first datagram has come to an announced port. */
export interface UDPCaller {
  readonly remote: UDPAddr
  /** The address of this machine that it called; null when the target does not tell. */
  readonly local: IP | null
  readonly queue: DatagramQueue
}

/**
 * A datagram that came: its length, its sender, and where it was sent to, null when the target does not tell.
 */
export interface ReceivedDatagram {
  readonly n: number
  readonly from: UDPAddr
  readonly to: PacketAddress | null
}

/**
 * A port that was announced, and the conversations that its senders became. The socket is shared: it is
 * closed when the announcement and all those conversations have ended.
 */
export class UDPPort {
  readonly conn: UDPConn
  readonly #session: Account
  readonly #liveness: Liveness
  readonly #knowsDestination: boolean // whether the target tells where a datagram was sent to
  readonly #senders = new Map<string, DatagramQueue>()
  readonly #changed = new Condition()
  readonly #calls: UDPCaller[] = []
  #isAnnounced = true
  #isPumping = false // whether datagrams are handed out by sender
  #closed: Promise<void> | null = null

  /** Takes over a socket, of every address of this machine or of one. */
  constructor(conn: UDPConn, session: Account, every: boolean) {
    this.conn = conn
    conn.unref()
    this.#session = session
    this.#liveness = new Liveness(conn)
    this.#knowsDestination = every && knowsPacketAddress && asksDestination(conn)
  }

  /** Counts who lets the socket keep the process alive. */
  keep(change: 1 | -1): void {
    this.#liveness.waiting(change)
  }

  /** Receives a datagram into `p`; those from where the policy lets none in are dropped. */
  async receive(p: Uint8Array, options?: IOOptions): Promise<ReceivedDatagram> {
    for (;;) {
      const received = await this.#receiveAny(p, options)
      if (this.#session.admits('udp', received.from.ip)) return received
    }
  }

  /** Sends a datagram, from an address if it is one of this machine's. */
  async send(p: Uint8Array, to: UDPAddr, from: IP | null, options: IOOptions): Promise<void> {
    const own = this.#knowsDestination && from !== null && this.#session.stack.interfaces.owns(from)
    const same = ((from?.to4() ?? null) === null) === ((to.ip?.to4() ?? null) === null)
    if (own && same) await this.conn.writeMsgUDP(p, sendFrom(from), to, options)
    else await this.conn.writeTo(p, to, options)
  }

  /**
   * Waits for the next sender that has no conversation yet; null when the announcement has ended. Before the
   * first call datagrams are left to the system.
   */
  async call(options: NetOpenOptions): Promise<UDPCaller | null> {
    if (!this.#isPumping) void this.#pump()
    const keeps = options.ref !== false
    if (keeps) this.keep(1)
    try {
      for (;;) {
        const call = this.#calls.shift()
        if (call !== undefined) return call
        if (!this.#isAnnounced || this.#closed !== null) return null
        await this.#changed.wait(options)
      }
    } finally {
      if (keeps) this.keep(-1)
    }
  }

  /** Ends the announcement: senders without a conversation are forgotten. */
  async retire(): Promise<void> {
    this.#isAnnounced = false
    for (const { remote } of this.#calls.splice(0)) this.#forget(remote)
    this.#changed.wakeAll()
    await this.#closeIfUnused()
  }

  /** Ends the conversation with a sender. */
  async leave(remote: UDPAddr): Promise<void> {
    this.#forget(remote)
    await this.#closeIfUnused()
  }

  async #receiveAny(p: Uint8Array, options?: IOOptions): Promise<ReceivedDatagram> {
    if (!this.#knowsDestination) {
      const [n, from] = await this.conn.readFrom(p, options)
      return { n, from, to: null }
    }
    const oob = new Uint8Array(PACKET_ADDRESS_SIZE)
    const { n, oobn, addr } = await this.conn.readMsgUDP(p, oob, options)
    return { n, from: addr, to: packetAddress(oob.subarray(0, oobn)) }
  }

  #forget(remote: UDPAddr): void {
    const key = remote.toString()
    this.#senders.get(key)?.close()
    this.#senders.delete(key)
  }

  async #closeIfUnused(): Promise<void> {
    if (!this.#isAnnounced && this.#senders.size === 0) this.#closed ??= this.conn.close()
    await this.#closed
  }

  // Hands datagrams out to the conversations of their senders, until the socket is closed.
  async #pump(): Promise<void> {
    this.#isPumping = true
    const buffer = new Uint8Array(MAX_DATAGRAM)
    try {
      for (;;) {
        const { n, from, to } = await this.receive(buffer)
        this.#deliver(buffer.subarray(0, n), from, to?.ip ?? null)
      }
    } catch {
      // The socket was closed or has failed for good, so that nobody calls any more.
      this.#closed ??= this.conn.close().catch(() => {})
      for (const queue of this.#senders.values()) queue.close()
      this.#changed.wakeAll()
    }
  }

  #deliver(datagram: Uint8Array, from: UDPAddr, to: IP | null): void {
    const key = from.toString()
    let queue = this.#senders.get(key)
    if (queue === undefined) {
      if (!this.#isAnnounced || this.#calls.length >= MAX_CALLS) return
      queue = new DatagramQueue(this.#session)
      this.#senders.set(key, queue)
      this.#calls.push({ remote: from, local: to, queue })
    }
    queue.push(datagram)
    this.#changed.wakeAll()
  }
}

// Asks a socket to tell with each datagram where it was sent to, and gives whether it will.
function asksDestination(conn: UDPConn): boolean {
  try {
    conn.setControlMessages({ destination: true })
    return true
  } catch {
    return false // a target without control messages
  }
}
