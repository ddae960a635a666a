import { UDPAddr } from '@net/addr'
import type { IOOptions, UDPConn } from '@net/contract'
import type { UDPHeader } from '@net/udp-header'
import type { Account } from '../account/account.ts'
import { destination } from '../base/address.ts'
import { codeOf } from '../base/errors.ts'
import type { ReceivedDatagram, UDPCaller, UDPPort } from './udp_port.ts'

/** What a UDP conversation has become, by connect, announce, or a sender that listen gave. */
export type UDPForm = ConnectedUDP | AnnouncedUDP | CalledUDP

const REFUSALS = 3 // errors of earlier datagrams after which a write is tried again

/** A conversation with one peer, over a socket of its own. */
export class ConnectedUDP {
  readonly takesHeaders = true
  readonly socket: UDPConn
  readonly #refused: () => void

  /** Takes over a socket; `refused` is called when a datagram has come back. */
  constructor(socket: UDPConn, refused: () => void) {
    this.socket = socket
    this.#refused = refused
  }

  /** The bytes of datagrams that wait; it is 0, as those that the host's system keeps are not known. */
  readonly queued = 0

  /** Whether datagrams can be read from it. */
  isReadable(): boolean {
    return true
  }

  /** Receives a datagram into `p`. */
  async receive(p: Uint8Array, options: IOOptions): Promise<ReceivedDatagram> {
    const n = await this.socket.read(p, options)
    return { n, from: this.socket.remoteAddr ?? new UDPAddr(null, 0), to: null }
  }

  /** Sends a datagram, and gives whether it went. The peer is always the same, whatever a header says. */
  async send(p: Uint8Array, _header: UDPHeader | null, options: IOOptions): Promise<boolean> {
    for (let told = 0; ; told++) {
      try {
        await this.socket.write(p, options)
        return true
      } catch (e) {
        // An earlier datagram has come back, which Plan 9 tells to those who read and not to those who write.
        if (codeOf(e) !== 'ECONNREFUSED' || told === REFUSALS) throw e
        this.#refused()
      }
    }
  }

  /** Ends the reads that wait. */
  interrupt(): void {
    this.socket.setReadDeadline(0)
  }

  /** Says whether what waits keeps the process alive. */
  keep(on: boolean): void {
    if (on) this.socket.ref()
    else this.socket.unref()
  }

  /** Closes the socket. */
  close(): Promise<void> {
    return this.socket.close()
  }
}

/** What the conversations of one port have in common: the port is shared, and closed when all have ended. */
abstract class PortForm {
  readonly port: UDPPort
  protected readonly session: Account
  #keeps = false

  /** Takes a part in a port. */
  constructor(port: UDPPort, session: Account) {
    this.port = port
    this.session = session
  }

  /** Ends the reads that wait when a datagram has come back, which a socket that is not connected is not told. */
  interrupt(): void {
    // There is nothing to end.
  }

  /** Says whether what waits keeps the process alive, which the port counts. */
  keep(on: boolean): void {
    if (this.#keeps === on) return
    this.#keeps = on
    this.port.keep(on ? 1 : -1)
  }
}

/** A port of this machine: read and written with headers, or else the place where senders call. */
export class AnnouncedUDP extends PortForm {
  readonly takesHeaders = true
  readonly queued = 0

  /** The socket, which other conversations of the port use as well. */
  get socket(): UDPConn {
    return this.port.conn
  }

  /** Whether datagrams can be read from it: without headers they go to the conversations of their senders. */
  isReadable(hasHeaders: boolean): boolean {
    return hasHeaders
  }

  /** Receives a datagram into `p`. */
  receive(p: Uint8Array, options: IOOptions): Promise<ReceivedDatagram> {
    return this.port.receive(p, options)
  }

  /**
   * Sends a datagram to whom its header names, and gives whether it went: one without a receiver is dropped.
   */
  async send(p: Uint8Array, header: UDPHeader | null, options: IOOptions): Promise<boolean> {
    if (header === null) return false
    const { laddr, raddr, rport } = header
    const ip = destination(raddr)
    this.session.check('connect', 'udp', ip, rport)
    if (rport !== 0) await this.port.send(p, new UDPAddr(ip, rport), laddr, options)
    return true
  }

  /** Ends the announcement. */
  close(): Promise<void> {
    this.keep(false)
    return this.port.retire()
  }
}

/** A conversation with a sender that called an announced port. */
export class CalledUDP extends PortForm {
  readonly takesHeaders = false
  readonly socket = null
  readonly #caller: UDPCaller

  /** Takes over a caller of a port. */
  constructor(port: UDPPort, session: Account, caller: UDPCaller) {
    super(port, session)
    this.#caller = caller
  }

  /** The bytes of datagrams that wait. */
  get queued(): number {
    return this.#caller.queue.bytes
  }

  /** Whether datagrams can be read from it. */
  isReadable(): boolean {
    return true
  }

  /** Receives a datagram into `p`; null when the conversation has ended. */
  async receive(p: Uint8Array, options: IOOptions): Promise<ReceivedDatagram | null> {
    const { queue, remote } = this.#caller
    const n = await queue.read(p, options)
    return n === null ? null : { n, from: remote, to: null }
  }

  /** Sends a datagram to the caller. */
  async send(p: Uint8Array, _header: UDPHeader | null, options: IOOptions): Promise<boolean> {
    const { remote, local } = this.#caller
    // A client that can forge a sender's address must not get an answer sent to it that connect may not send.
    if (remote.ip !== null) this.session.check('connect', 'udp', remote.ip, remote.port)
    await this.port.send(p, remote, local, options)
    return true
  }

  /** Ends the conversation; the port stays for others. */
  close(): Promise<void> {
    this.keep(false)
    return this.port.leave(this.#caller.remote)
  }
}
