import { IPAddr } from '@net/addr'
import type { IOOptions, IPConn, ReceivedMessage, SentMessage } from '@net/contract'
import { ipOf } from '../ip/address.ts'
import type { Mailbox, Received } from '../socket/datagram_op.ts'
import type { Socket } from '../socket/socket.ts'
import { DatagramConn } from '../udp/datagram_conn.ts'
import type { RawEndpoint, RawIP } from './raw_ip.ts'

const HEADER = 20 // bytes of an IPv4 header without options, which is what there is here
const noPeer = new IPAddr(null)

/** A raw IP socket of a simulated host. */
export class SimIPConn extends DatagramConn<IPAddr> implements IPConn {
  readonly #raw: RawIP
  readonly #own: RawEndpoint
  // The packets with their header, where there is one.
  readonly #whole: Mailbox<IPAddr> = {
    next: () => {
      const arrived = this.endpoint.next()
      return arrived === null ? null : { data: arrived.data, from: new IPAddr(ipOf(arrived.addr)) }
    },
    takeError: () => this.takeError(),
  }

  /** Takes over what is open. */
  constructor(socket: Socket, raw: RawIP, endpoint: RawEndpoint) {
    super(socket, endpoint, raw.groups, { version: endpoint.version, dual: false }, 'an IPAddr')
    this.#raw = raw
    this.#own = endpoint
  }

  override get remoteAddr(): IPAddr {
    return (this.handle.remoteAddr as IPAddr | null) ?? noPeer
  }

  next(): Received<IPAddr> | null {
    const received = this.#whole.next()
    if (received === null || this.#own.version === 6) return received
    return { data: received.data.subarray(HEADER), from: received.from }
  }

  protected transmit(p: Uint8Array, { addr }: { readonly addr: string }): string | null {
    return this.#raw.send(this.#own, p, addr)
  }

  protected release(): void {
    this.#raw.close(this.#own)
  }

  readFromIP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: IPAddr]> {
    return this.readFrom(p, options)
  }

  writeToIP(p: Uint8Array, addr: IPAddr, options?: IOOptions): Promise<number> {
    return this.writeTo(p, addr, options)
  }

  /** Reads one packet, with its IPv4 header; a simulated host has no control messages beside it. */
  readMsgIP(p: Uint8Array, oob: Uint8Array, options?: IOOptions): Promise<ReceivedMessage<IPAddr>> {
    return this.readMsg(p, oob, options, this.#whole)
  }

  writeMsgIP(p: Uint8Array, oob: Uint8Array, addr: IPAddr | null, options?: IOOptions): Promise<SentMessage> {
    return this.writeMsg(p, oob, addr, options)
  }
}
