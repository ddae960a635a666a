import { IPAddr } from '@net/addr'
import {
  checkAddr,
  checkBuffer,
  ErrWriteToConnected,
  type IOOptions,
  type IPConn,
  type ReceivedMessage,
  type SentMessage,
} from '@net/contract'
import { ErrUnsupported } from '@net/stubs'
import { ipOf } from '../ip/address.ts'
import type { Register } from '../socket/conn.ts'
import { copyInto } from '../socket/datagram_conn.ts'
import { ReceiveOp, type Mailbox, type Received } from '../socket/datagram_op.ts'
import { remoteText } from '../socket/family.ts'
import type { Hold } from '../socket/hold.ts'
import { InetDatagram } from '../udp/inet_datagram.ts'
import type { RawEndpoint, RawIP } from './raw_ip.ts'

const HEADER = 20 // bytes of an IPv4 header without options, which is what there is here
const TRUNCATED = 0x20 // MSG_TRUNC
const noPeer = new IPAddr(null)

/** A raw IP socket of a simulated host. */
export class SimIPConn extends InetDatagram<IPAddr> implements IPConn, Mailbox<IPAddr> {
  protected readonly noPeer = noPeer
  readonly #raw: RawIP
  readonly #own: RawEndpoint

  /** Takes over what is open. */
  constructor(hold: Hold, register: Register, raw: RawIP, endpoint: RawEndpoint) {
    super(hold, register, endpoint, raw.groups)
    this.#raw = raw
    this.#own = endpoint
  }

  protected get mailbox(): this {
    return this
  }

  next(): Received<IPAddr> | null {
    const received = this.#nextWhole()
    if (received === null || this.#own.version === 6) return received
    return { data: received.data.subarray(HEADER), from: received.from }
  }

  // With the header, where there is one.
  #nextWhole(): Received<IPAddr> | null {
    const arrived = this.endpoint.next()
    return arrived === null ? null : { data: arrived.data, from: new IPAddr(ipOf(arrived.addr)) }
  }

  takeError(): string | null {
    return this.endpoint.takeError()
  }

  readFromIP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: IPAddr]> {
    return this.readFrom(p, options)
  }

  writeToIP(p: Uint8Array, addr: IPAddr, options?: IOOptions): Promise<number> {
    return this.writeTo(p, addr, options)
  }

  /** Reads one packet, with its IPv4 header; a simulated host has no control messages beside it. */
  readMsgIP(p: Uint8Array, oob: Uint8Array, options?: IOOptions): Promise<ReceivedMessage<IPAddr>> {
    const wrong = checkBuffer(p) ?? checkBuffer(oob)
    if (wrong !== null) return Promise.reject(wrong)
    this.hold.called()
    const whole: Mailbox<IPAddr> = { next: () => this.#nextWhole(), takeError: () => this.takeError() }
    const finish = (received: Received<IPAddr>): ReceivedMessage<IPAddr> => {
      const flags = received.data.byteLength > p.byteLength ? TRUNCATED : 0
      return { n: copyInto(p, received), oobn: 0, flags, addr: received.from }
    }
    return this.reading.run(new ReceiveOp(whole, 'recvmsg', p, finish), options)
  }

  /** Writes one packet; control messages beside it are refused. */
  async writeMsgIP(
    p: Uint8Array,
    oob: Uint8Array,
    addr: IPAddr | null,
    options?: IOOptions,
  ): Promise<SentMessage> {
    const wrong = checkBuffer(oob)
    if (wrong !== null) throw wrong
    if (oob.byteLength > 0) throw this.hold.opError('write', ErrUnsupported)
    if (addr !== null && this.isConnected) throw this.hold.opError('write', ErrWriteToConnected)
    const n = addr === null ? await this.write(p, options) : await this.writeTo(p, addr, options)
    return { n, oobn: 0 }
  }

  protected put(p: Uint8Array, to: IPAddr | null): string | null {
    const peer = this.endpoint.peer?.addr ?? null
    const addr = to === null ? peer : remoteText({ version: this.#own.version, dual: false }, to)
    return addr === null ? 'EDESTADDRREQ' : this.#raw.send(this.#own, p, addr)
  }

  protected checkAddr(addr: unknown): Error | null {
    if (!(addr instanceof IPAddr)) return checkAddr(addr, 'an IPAddr')
    try {
      remoteText({ version: this.#own.version, dual: false }, addr)
      return null
    } catch (e) {
      return e as Error
    }
  }

  protected release(): Promise<void> {
    this.#raw.close(this.#own)
    return Promise.resolve()
  }
}
