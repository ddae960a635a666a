import { decodeQuoted } from '../ip/decode.ts'
import { echoTypes, troubleOf, type Trouble } from '../ip/icmp.ts'
import type { IPLayer } from '../ip/ip_layer.ts'
import { PROTO_TCP, PROTO_UDP, type ICMPMessage, type Packet } from '../ip/packet.ts'
import type { RawIP } from '../raw/raw_ip.ts'
import type { TCP } from '../tcp/tcp.ts'
import type { UDP } from '../udp/udp.ts'
import type { NIC } from './nic.ts'
import type { Upper } from './stack.ts'

/** What ICMP needs of the stack beside sending. */
export interface PathMTU {
  /** A path carries no packets larger than this. */
  narrow(dst: string, mtu: number): void
}

/** Hands what packets carry to TCP, UDP, raw sockets and ICMP, which answers echoes itself. */
export class Protocols implements Upper {
  readonly #ip: IPLayer & PathMTU
  readonly #tcp: TCP
  readonly #udp: UDP
  readonly #raw: RawIP

  /** Makes the protocols of a host. */
  constructor(ip: IPLayer & PathMTU, tcp: TCP, udp: UDP, raw: RawIP) {
    this.#ip = ip
    this.#tcp = tcp
    this.#udp = udp
    this.#raw = raw
  }

  input(packet: Packet, nic: NIC, toMany: boolean): void {
    const { body } = packet
    const taken = this.#raw.input(packet, nic.label, toMany)
    switch (body.kind) {
      case 'tcp':
        if (!toMany) this.#tcp.input(packet, body)
        return
      case 'udp':
        this.#udp.input(packet, body, nic.label, toMany)
        return
      case 'icmp':
        this.#control(packet, body)
        return
      case 'raw':
        if (!taken && !toMany) this.#ip.tell(packet, 'protocol')
        return
      case 'fragment': // none is left
    }
  }

  #control(packet: Packet, message: ICMPMessage): void {
    const { version, src, dst } = packet
    const { request, reply } = echoTypes[version]
    if (message.type === request) {
      const own = this.#ip.owns(dst) ? { addr: dst } : this.#ip.source(src)
      if ('addr' in own) this.#ip.send(own.addr, src, { ...message, type: reply })
      return
    }
    const trouble = troubleOf(version, message)
    if (trouble !== null) this.#troubled(message, trouble)
  }

  #troubled(message: ICMPMessage, trouble: Trouble): void {
    const quoted = decodeQuoted(message.data)
    if (quoted === null) return
    if (trouble === 'tooBig') this.#ip.narrow(quoted.dst, message.rest)
    if (quoted.protocol === PROTO_TCP) this.#tcp.troubled(quoted, trouble)
    else if (quoted.protocol === PROTO_UDP) this.#udp.troubled(quoted, trouble)
    else this.#raw.troubled(quoted, trouble)
  }
}
