import type { IP, UDPAddr } from '@net/addr'
import type { IOOptions, NetOpenOptions, UDPConn } from '@net/contract'
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

/** A sender, as the announced port met it. */
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
  readonly #tells: boolean // whether the target tells where a datagram was sent to
  readonly #senders = new Map<string, DatagramQueue>()
  readonly #changed = new Condition()
  #calls: UDPCaller[] = []
  #announced = true
  #keeping = 0
  #pumping = false
  #closed: Promise<void> | null = null

  /** Takes over a socket, of every address of this machine or of one. */
  constructor(conn: UDPConn, session: Account, every: boolean) {
    this.conn = conn
    conn.unref()
    this.#session = session
    this.#tells = every && knowsPacketAddress && tells(conn)
  }

  /** Receives a datagram into `p`; those from where the policy lets none in are dropped. */
  async receive(p: Uint8Array, options?: IOOptions): Promise<ReceivedDatagram> {
    for (;;) {
      const received = await this.#receiveAny(p, options)
      if (this.#session.admits('udp', received.from.ip)) return received
    }
  }

  async #receiveAny(p: Uint8Array, options?: IOOptions): Promise<ReceivedDatagram> {
    if (!this.#tells) {
      const [n, from] = await this.conn.readFrom(p, options)
      return { n, from, to: null }
    }
    const oob = new Uint8Array(PACKET_ADDRESS_SIZE)
    const { n, oobn, addr } = await this.conn.readMsgUDP(p, oob, options)
    return { n, from: addr, to: packetAddress(oob.subarray(0, oobn)) }
  }

  /** Sends a datagram, from an address if it is one of this machine's. */
  async send(p: Uint8Array, to: UDPAddr, from: IP | null, options: IOOptions): Promise<void> {
    const own = this.#tells && from !== null && this.#session.stack.interfaces.owns(from)
    const same = ((from?.to4() ?? null) === null) === ((to.ip?.to4() ?? null) === null)
    if (own && same) await this.conn.writeMsgUDP(p, sendFrom(from), to, options)
    else await this.conn.writeTo(p, to, options)
  }

  /**
   * Whether datagrams are handed out by sender; before the first {@link call} they are left to the system.
   */
  get isPumping(): boolean {
    return this.#pumping
  }

  /** Waits for the next sender that has no conversation yet; null when the announcement has ended. */
  async call(options: NetOpenOptions): Promise<UDPCaller | null> {
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

  async #call(options: NetOpenOptions): Promise<UDPCaller | null> {
    this.#pump()
    for (;;) {
      const call = this.#calls.shift()
      if (call !== undefined) return call
      if (!this.#announced || this.#closed !== null) return null
      await this.#changed.wait(options)
    }
  }

  /** Ends the announcement: senders without a conversation are forgotten. */
  async retire(): Promise<void> {
    this.#announced = false
    for (const { remote } of this.#calls.splice(0)) this.#forget(remote)
    this.#changed.wakeAll()
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
        const { n, from, to } = await this.receive(buffer)
        this.#deliver(buffer.subarray(0, n), from, to?.ip ?? null)
      }
    } catch {
      // Closed, or the socket has failed for good: nobody calls any more.
      this.#closed ??= this.conn.close().catch(() => {})
      for (const queue of this.#senders.values()) queue.close()
      this.#changed.wakeAll()
    }
  }

  #deliver(datagram: Uint8Array, from: UDPAddr, to: IP | null): void {
    const key = from.toString()
    let queue = this.#senders.get(key)
    if (queue === undefined) {
      if (!this.#announced || this.#calls.length >= MAX_CALLS) return
      queue = new DatagramQueue(this.#session)
      this.#senders.set(key, queue)
      this.#calls.push({ remote: from, local: to, queue })
    }
    queue.push(datagram)
    this.#changed.wakeAll()
  }
}

function tells(conn: UDPConn): boolean {
  try {
    conn.setControlMessages({ destination: true })
    return true
  } catch {
    return false // a target without control messages
  }
}
