import { UDPAddr } from '@net/addr'
import {
  checkBuffer,
  isError,
  type IOOptions,
  type Message,
  type ReceivedMessage,
  type SentMessage,
  type UDPConn,
} from '@net/contract'
import { ipOf } from '../ip/address.ts'
import type { Received } from '../socket/datagram_op.ts'
import type { Family } from '../socket/family.ts'
import type { Socket } from '../socket/socket.ts'
import { copyInto, DatagramConn } from './datagram_conn.ts'
import type { Endpoint } from './endpoint.ts'
import type { UDP } from './udp.ts'

const noPeer = new UDPAddr(null, 0)

/** A UDP socket of a simulated host. */
export class SimUDPConn extends DatagramConn<UDPAddr> implements UDPConn {
  readonly #udp: UDP

  /** Takes over what is bound. */
  constructor(socket: Socket, udp: UDP, endpoint: Endpoint, family: Family) {
    super(socket, endpoint, udp.groups, family, 'a UDPAddr')
    this.#udp = udp
  }

  override get remoteAddr(): UDPAddr {
    return (this.handle.remoteAddr as UDPAddr | null) ?? noPeer
  }

  next(): Received<UDPAddr> | null {
    const arrived = this.endpoint.next()
    if (arrived === null) return null
    return { data: arrived.data, from: new UDPAddr(ipOf(arrived.addr), arrived.port) }
  }

  protected transmit(p: Uint8Array, to: { readonly addr: string; readonly port: number }): string | null {
    return this.#udp.send(this.endpoint, p, to)
  }

  protected release(): void {
    this.#udp.unbind(this.endpoint)
  }

  readFromUDP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UDPAddr]> {
    return this.readFrom(p, options)
  }

  writeToUDP(p: Uint8Array, addr: UDPAddr, options?: IOOptions): Promise<number> {
    return this.writeTo(p, addr, options)
  }

  readMsgUDP(p: Uint8Array, oob: Uint8Array, options?: IOOptions): Promise<ReceivedMessage<UDPAddr>> {
    return this.readMsg(p, oob, options)
  }

  writeMsgUDP(
    p: Uint8Array,
    oob: Uint8Array,
    addr: UDPAddr | null,
    options?: IOOptions,
  ): Promise<SentMessage> {
    return this.writeMsg(p, oob, addr, options)
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
    this.handle.checkOpen()
    return false
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
  Object.assign(m, copyInto(m.buffer, received), { oobn: 0, segmentSize: 0, addr: received.from })
}
