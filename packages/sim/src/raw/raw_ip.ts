import { isAny, isMulticast, versionOf } from '../ip/address.ts'
import { decodeBody, type Quoted } from '../ip/decode.ts'
import { encodeBody, encodePacket } from '../ip/encode.ts'
import { troubleErrno, type Trouble } from '../ip/icmp.ts'
import type { IPLayer } from '../ip/ip_layer.ts'
import { protocolOf, type Packet } from '../ip/packet.ts'
import { Endpoint } from '../udp/endpoint.ts'
import type { Groups } from '../udp/membership.ts'

/** A raw socket: what it is bound to, and the protocol whose packets it gets, those of IPv4 with their header. */
export class RawEndpoint extends Endpoint {
  readonly protocol: number
  readonly version: 4 | 6

  /** Makes one for packets of a protocol to `addr`. */
  constructor(addr: string, protocol: number, peer: string | null, groups: Groups) {
    const binding = { addr, port: 0, dual: false, share: true }
    super(binding, peer === null ? null : { addr: peer, port: 0 }, groups)
    this.protocol = protocol
    this.version = versionOf(addr)
  }
}

/** Raw IP of a host. */
export class RawIP {
  readonly ip: IPLayer
  /** The host's groups. */
  readonly groups: Groups
  readonly #endpoints = new Set<RawEndpoint>()

  /** Makes the raw IP of a host. */
  constructor(ip: IPLayer, groups: Groups) {
    this.ip = ip
    this.groups = groups
  }

  /** Opens a raw socket; gives the name of what is wrong otherwise. */
  open(addr: string, protocol: number, peer: string | null): RawEndpoint | string {
    if (!this.ip.owns(addr)) return 'EADDRNOTAVAIL'
    const endpoint = new RawEndpoint(addr, protocol, peer, this.groups)
    this.#endpoints.add(endpoint)
    return endpoint
  }

  /** Closes it. */
  close(endpoint: RawEndpoint): void {
    endpoint.memberships.clear()
    this.#endpoints.delete(endpoint)
  }

  /** Sends a packet, of which it takes a copy. Gives the name of what is wrong, or null. */
  send(endpoint: RawEndpoint, p: Uint8Array, to: string): string | null {
    const error = endpoint.takeError()
    if (error !== null) return error
    const options = endpoint.options(isMulticast(to))
    const source = isAny(endpoint.addr) ? this.ip.source(to, options.iface) : { addr: endpoint.addr }
    if ('error' in source) return source.error
    return this.ip.send(source.addr, to, decodeBody(versionOf(to), endpoint.protocol, p.slice()), options)
  }

  /** A packet has come in by an interface. Gives whether somebody took it. */
  input(packet: Packet, iface: string, toMany: boolean): boolean {
    if (this.#endpoints.size === 0) return false
    const protocol = protocolOf(packet)
    let taken = false
    for (const e of this.#endpoints) {
      if (e.protocol !== protocol || e.version !== packet.version) continue
      if (!isAny(e.addr) && e.addr !== packet.dst && !toMany) continue
      if (e.peer !== null && e.peer.addr !== packet.src) continue
      if (e.device !== '' && e.device !== iface) continue
      if (isMulticast(packet.dst) && !e.memberships.has(packet.dst, iface, packet.src)) continue
      taken = true
      const data = packet.version === 4 ? encodePacket(packet) : encodeBody(packet)
      e.deliver({ data, addr: packet.src, port: 0 })
    }
    return taken
  }

  /** The network tells of trouble with a packet of ours. */
  troubled(quoted: Quoted, trouble: Trouble): void {
    const error = troubleErrno(quoted.version, trouble)
    if (error === null) return
    for (const e of this.#endpoints) {
      if (e.protocol === quoted.protocol && e.peer?.addr === quoted.dst) e.fail(error)
    }
  }

  /** Ends everything. */
  vanish(error: string): void {
    for (const e of [...this.#endpoints]) {
      this.close(e)
      e.fail(error)
    }
  }
}
