import { UDPAddr } from '@net/addr'
import {
  checkAddr,
  checkBuffer,
  ErrWriteToConnected,
  type IOOptions,
  type Message,
  type ReceivedMessage,
  type SentMessage,
  type UDPConn,
  isError,
} from '@net/contract'
import { ErrUnsupported } from '@net/stubs'
import { ipOf } from '../ip/address.ts'
import type { Register } from '../socket/conn.ts'
import { copyInto } from '../socket/datagram_conn.ts'
import type { Mailbox, Received } from '../socket/datagram_op.ts'
import { remoteText, type Family } from '../socket/family.ts'
import type { Hold } from '../socket/hold.ts'
import type { Endpoint } from './endpoint.ts'
import { InetDatagram } from './inet_datagram.ts'
import type { UDP } from './udp.ts'

const TRUNCATED = 0x20 // MSG_TRUNC
const noPeer = new UDPAddr(null, 0)

/** A UDP socket of a simulated host. */
export class SimUDPConn extends InetDatagram<UDPAddr> implements UDPConn, Mailbox<UDPAddr> {
  protected readonly noPeer = noPeer
  readonly #udp: UDP
  readonly #family: Family

  /** Takes over what is bound. */
  constructor(hold: Hold, register: Register, udp: UDP, endpoint: Endpoint, family: Family) {
    super(hold, register, endpoint, udp.groups)
    this.#udp = udp
    this.#family = family
  }

  protected get mailbox(): this {
    return this
  }

  next(): Received<UDPAddr> | null {
    const arrived = this.endpoint.next()
    if (arrived === null) return null
    return { data: arrived.data, from: new UDPAddr(ipOf(arrived.addr), arrived.port) }
  }

  takeError(): string | null {
    return this.endpoint.takeError()
  }

  readFromUDP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UDPAddr]> {
    return this.readFrom(p, options)
  }

  writeToUDP(p: Uint8Array, addr: UDPAddr, options?: IOOptions): Promise<number> {
    return this.writeTo(p, addr, options)
  }

  /** Reads one datagram; a simulated host has no control messages beside it. */
  readMsgUDP(p: Uint8Array, oob: Uint8Array, options?: IOOptions): Promise<ReceivedMessage<UDPAddr>> {
    const wrong = checkBuffer(p) ?? checkBuffer(oob)
    if (wrong !== null) return Promise.reject(wrong)
    return this.receiveWith(
      p,
      (received) => {
        const flags = received.data.byteLength > p.byteLength ? TRUNCATED : 0
        return { n: copyInto(p, received), oobn: 0, flags, addr: received.from }
      },
      options,
    )
  }

  /** Writes one datagram; control messages beside it are refused. */
  async writeMsgUDP(
    p: Uint8Array,
    oob: Uint8Array,
    addr: UDPAddr | null,
    options?: IOOptions,
  ): Promise<SentMessage> {
    const wrong = checkBuffer(oob)
    if (wrong !== null) throw wrong
    if (oob.byteLength > 0) throw this.hold.opError('write', ErrUnsupported)
    if (addr !== null && this.isConnected) throw this.hold.opError('write', ErrWriteToConnected)
    const n = addr === null ? await this.write(p, options) : await this.writeTo(p, addr, options)
    return { n, oobn: 0 }
  }

  async readBatch(messages: Message[], options?: IOOptions): Promise<number> {
    const wrong = messages.map((m) => checkBuffer(m.buffer)).find((e) => e !== null)
    if (wrong !== undefined) throw wrong
    const first = messages[0]
    if (first === undefined) return 0
    await this.receiveWith(
      first.buffer,
      (received) => {
        fill(first, received)
      },
      options,
    )
    let n = 1
    for (const m of messages.slice(1)) {
      const received = this.next()
      if (received === null) break
      fill(m, received)
      n++
    }
    return n
  }

  async writeBatch(messages: Message[], options?: IOOptions): Promise<number> {
    let n = 0
    for (const m of messages) {
      try {
        await this.#writeMessage(m, options)
      } catch (e) {
        throw isError(e) && 'n' in e ? Object.assign(e, { n }) : e
      }
      n++
    }
    return n
  }

  /** Gives false: a simulated host puts no datagrams together. */
  setGRO(_on: boolean): boolean {
    this.checkOpen()
    return false
  }

  protected put(p: Uint8Array, to: UDPAddr | null): string | null {
    const { peer } = this.endpoint
    if (to === null) return peer === null ? 'EDESTADDRREQ' : this.#udp.send(this.endpoint, p, peer)
    return this.#udp.send(this.endpoint, p, { addr: remoteText(this.#family, to), port: to.port })
  }

  protected checkAddr(addr: unknown): Error | null {
    if (!(addr instanceof UDPAddr)) return checkAddr(addr, 'a UDPAddr')
    try {
      remoteText(this.#family, addr)
      return null
    } catch (e) {
      return e as Error
    }
  }

  protected release(): Promise<void> {
    this.#udp.unbind(this.endpoint)
    return Promise.resolve()
  }

  async #writeMessage(m: Message, options?: IOOptions): Promise<void> {
    const size = m.segmentSize ?? 0
    const step = size > 0 ? size : Math.max(1, m.buffer.byteLength)
    m.n = 0
    let at = 0
    do {
      const part = m.buffer.subarray(at, at + step)
      m.n += (await this.writeMsgUDP(part, m.oob ?? new Uint8Array(0), m.addr, options)).n
      at += step
    } while (at < m.buffer.byteLength)
  }
}

function fill(m: Message, received: Received<UDPAddr>): void {
  m.flags = received.data.byteLength > m.buffer.byteLength ? TRUNCATED : 0
  m.n = copyInto(m.buffer, received)
  m.oobn = 0
  m.segmentSize = 0
  m.addr = new UDPAddr(received.from.ip, received.from.port, received.from.zone)
}
