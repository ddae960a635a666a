import type { Addr } from '@net/addr'
import { UDPAddr } from '@net/addr'
import { byteLengthOf, OpError } from '@net/contract'
import { checkKept, Op, type LaneOwner } from '@net/io'
import { callError, hostError } from './errors.ts'
import { Handle, type Refable } from './handle.ts'
import { parseHostAddress } from './ipsock.ts'

/** A packet's sender in the host's words. */
export interface Sender {
  /** Its IP address, of IPv6 with the zone. */
  readonly address: string
  /** Its port. */
  readonly port: number
}

/** What is used of a datagram socket: the host's has it. All but `send` throw the error of a failed call. */
export interface DatagramSocket extends Refable {
  on(event: 'message', f: (data: Uint8Array, from: Sender) => void): unknown
  on(event: 'error', f: (e: Error) => void): unknown
  send(data: Uint8Array, then: (e: Error | null) => void): void
  send(data: Uint8Array, port: number, host: string, then: (e: Error | null) => void): void
  close(then: () => void): unknown
  getRecvBufferSize(): number
  setRecvBufferSize(bytes: number): void
  setSendBufferSize(bytes: number): void
  setMulticastInterface(address: string): void
  setMulticastLoopback(on: boolean): unknown
  setMulticastTTL(ttl: number): unknown
  addMembership(group: string, on?: string): void
  dropMembership(group: string, on?: string): void
  addSourceSpecificMembership(source: string, group: string, on?: string): void
  dropSourceSpecificMembership(source: string, group: string, on?: string): void
}

/** A packet the host has received. */
export interface Packet {
  /** Its bytes. */
  readonly data: Uint8Array
  /** Where it came from. */
  readonly from: Sender
}

// Bytes counted for each packet beside its own, so that a flood of empty packets fills the queue, too.
const OVERHEAD = 512

// What Windows says of a socket that has sent to a port where nobody listens, or too far: WSAECONNRESET and WSAENETRESET. It
// may have sent elsewhere meanwhile and goes on, so that Go switches these off (SIO_UDP_CONNRESET, SIO_UDP_NETRESET), and libuv
// passes over most of them.
const tellsOfASend = new Set<unknown>(['ECONNRESET', 'ENETRESET'])

/**
 * A bound datagram socket of the host. The host reads packets whether or not somebody waits for them and
 * cannot be told to stop, so they queue here, up to the size of the socket's receive buffer; more are
 * dropped, as the kernel would.
 */
export class DatagramHandle extends Handle {
  readonly #socket: DatagramSocket
  readonly #packets: Packet[] = []
  #queued = 0 // bytes in the queue
  #limit: number // bytes the queue may hold
  #failure: Error | null = null
  #sending = false
  #sender: { readonly from: Sender; readonly addr: UDPAddr } | null = null

  /** Takes over a bound socket. */
  constructor(socket: DatagramSocket, net: string, localAddr: Addr, remoteAddr: Addr | null) {
    super(socket, net, localAddr, remoteAddr)
    this.#socket = socket
    this.#limit = socket.getRecvBufferSize()
    socket.on('message', (data: Uint8Array, from) => {
      const size = data.byteLength + OVERHEAD
      if (this.#queued > 0 && this.#queued + size > this.#limit) return
      this.#queued += size
      this.#packets.push({ data, from })
      this.reading.wake()
    })
    socket.on('error', (e: NodeJS.ErrnoException) => {
      if (tellsOfASend.has(e.code)) return
      this.#failure = e
      this.reading.wake()
    })
  }

  /** Whether the host holds no packet that the kernel has not taken. */
  get writeReady(): boolean {
    return !this.#sending
  }

  /** The next packet, or null. */
  next(): Packet | null {
    const packet = this.#packets.shift()
    if (packet === undefined) return null
    this.#queued -= packet.data.byteLength + OVERHEAD
    return packet
  }

  /** Takes the error that the network has sent back, if there is one, as the error of `call`. */
  takeFailure(call: string): Error | null {
    const e = this.#failure
    this.#failure = null
    return e === null ? null : hostError(e, call)
  }

  /** The address of a packet's sender. One sender's many packets share one. */
  sender(from: Sender): UDPAddr {
    const last = this.#sender
    if (last !== null && last.from.port === from.port && last.from.address === from.address) return last.addr
    const { ip, zone } = parseHostAddress(from.address)
    const addr = new UDPAddr(ip, from.port, zone)
    this.#sender = { from, addr }
    return addr
  }

  /**
   * Gives the host a packet, for the peer or for `to`, and calls back when the kernel has taken or refused
   * it.
   */
  give(
    p: Uint8Array,
    to: { readonly host: string; readonly port: number } | null,
    then: (e: Error | null) => void,
  ): void {
    const data = p.slice()
    const sent = (e: Error | null): void => {
      this.#sending = false
      then(e)
      this.writing.wake()
    }
    this.#sending = true
    try {
      if (to === null) this.#socket.send(data, sent)
      else this.#socket.send(data, to.port, to.host, sent)
    } catch (e) {
      this.#sending = false
      throw e
    }
  }

  /** Sets the size of the kernel's receive buffer, in bytes, and of the queue. Throws the error of an option. */
  setReadBuffer(bytes: number): void {
    this.set((socket) => {
      socket.setRecvBufferSize(bytes)
      this.#limit = socket.getRecvBufferSize()
    })
  }

  /** Sets an option of the host's socket. Throws the error of an option. */
  set(option: (socket: DatagramSocket) => void): void {
    this.checkOpen()
    try {
      option(this.#socket)
    } catch (e) {
      throw this.optionError(hostError(e, 'setsockopt'))
    }
  }

  protected release(): Promise<void> {
    this.#packets.length = 0
    return new Promise((resolve) => this.#socket.close(resolve))
  }
}

/** Waits for a packet and gives what `finish` makes of it. */
export class ReceiveOp<T> extends Op<T> {
  readonly #handle: DatagramHandle
  readonly #call: string
  readonly #p: Uint8Array | null
  readonly #byteLength: number
  readonly #finish: (packet: Packet) => T

  /** Makes a receive whose errors name `call`; `finish` is to put the packet into `p`, unless that is null. */
  constructor(handle: DatagramHandle, call: string, p: Uint8Array | null, finish: (packet: Packet) => T) {
    super('read')
    this.#handle = handle
    this.#call = call
    this.#p = p
    this.#byteLength = p === null ? 0 : byteLengthOf(p)
    this.#finish = finish
  }

  attempt(): boolean {
    if (this.#p !== null) checkKept(this.#p, Math.min(this.#byteLength, 1))
    const packet = this.#handle.next()
    if (packet !== null) return this.done(this.#finish(packet))
    const e = this.#handle.takeFailure(this.#call)
    return e === null ? false : this.fail(e)
  }
}

/**
 * Gives a packet to the host and settles when the kernel has taken it. One that the host has will be sent.
 */
export class SendOp extends Op<number> {
  readonly #handle: DatagramHandle
  readonly #p: Uint8Array
  readonly #byteLength: number
  readonly #addr: Addr | null
  readonly #to: { readonly host: string; readonly port: number } | null
  #given = false

  /** Makes a send of `p` to `addr`, which is `to` in the host's words; both are null for the peer. */
  constructor(
    handle: DatagramHandle,
    p: Uint8Array,
    addr: Addr | null,
    to: { readonly host: string; readonly port: number } | null,
  ) {
    super('write')
    this.#handle = handle
    this.#p = p
    this.#byteLength = byteLengthOf(p)
    this.#addr = addr
    this.#to = to
  }

  attempt(): boolean {
    if (this.#given || !this.#handle.writeReady) return false
    checkKept(this.#p, this.#byteLength)
    const call = this.#to === null ? 'write' : 'sendto'
    const failure = this.#handle.takeFailure(call)
    if (failure !== null) return this.fail(failure)
    if (this.#to?.port === 0) return this.fail(callError(call, 'EINVAL'))
    try {
      this.#handle.give(this.#p, this.#to, (e) => {
        this.#given = false
        if (e === null) this.done(this.#byteLength)
        else this.fail(hostError(e, call))
      })
      this.#given = true
      return false
    } catch (e) {
      return this.fail(hostError(e, call))
    }
  }

  override cancel(reason: unknown): void {
    if (this.#given) this.done(this.#byteLength)
    else super.cancel(reason)
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    const { net, localAddr } = this.#handle
    const to = this.#addr
    const e = to === null ? super.error(owner, cause) : new OpError(this.name, net, localAddr, to, cause)
    return Object.assign(e, { n: 0 })
  }
}
