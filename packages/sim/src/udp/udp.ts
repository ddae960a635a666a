import { isAny, isMulticast } from '../ip/address.ts'
import type { Quoted } from '../ip/decode.ts'
import { troubleErrno, type Trouble } from '../ip/icmp.ts'
import type { IPLayer } from '../ip/ip_layer.ts'
import type { Packet, UDPDatagram } from '../ip/packet.ts'
import { endText, type SocketState } from '../see/netstat.ts'
import { covers } from '../socket/family.ts'
import { PortTable, type Binding } from '../socket/port_table.ts'
import { Endpoint } from './endpoint.ts'
import type { Groups } from './membership.ts'

// The largest datagrams: what a packet of 65,535 bytes has room for.
const LARGEST = { 4: 65_507, 6: 65_527 }

/** UDP of a host. */
export class UDP {
  readonly ip: IPLayer
  /** The host's groups. */
  readonly groups: Groups
  readonly #ports: PortTable<Endpoint>

  /** Makes the UDP of a host. */
  constructor(ip: IPLayer, groups: Groups) {
    this.ip = ip
    this.groups = groups
    this.#ports = new PortTable(ip.random)
  }

  /** Its sockets, as netstat tells of them. */
  *states(): Generator<SocketState, void> {
    for (const e of this.#ports.all()) {
      const ends = { local: endText(e), remote: e.peer === null ? '*' : endText(e.peer) }
      yield { protocol: 'udp', state: '', ...ends, received: e.received, sending: 0 }
    }
  }

  /** Binds; port 0 means a free one. Gives what is bound, or the name of what is wrong. */
  bind({ addr, port, dual, share }: Binding, peer: Endpoint['peer']): Endpoint | string {
    if (!this.ip.owns(addr)) return 'EADDRNOTAVAIL'
    const chosen = port === 0 ? this.#ports.free(addr, dual) : port
    const binding = { addr, port: chosen, dual, share }
    if (chosen === 0 || (port !== 0 && this.#ports.isTaken(binding))) return 'EADDRINUSE'
    const endpoint = new Endpoint(binding, peer, this.groups)
    this.#ports.add(endpoint)
    return endpoint
  }

  /** Gives a port back. */
  unbind(endpoint: Endpoint): void {
    endpoint.memberships.clear()
    this.#ports.delete(endpoint)
  }

  /** Sends a datagram, of which it takes a copy. Gives the name of what is wrong, or null. */
  send(endpoint: Endpoint, p: Uint8Array, to: { readonly addr: string; readonly port: number }): string | null {
    const error = endpoint.takeError()
    if (error !== null) return error
    if (p.byteLength > LARGEST[to.addr.includes(':') ? 6 : 4]) return 'EMSGSIZE'
    const options = endpoint.options(isMulticast(to.addr))
    const source = isAny(endpoint.addr) ? this.ip.source(to.addr, options.iface) : { addr: endpoint.addr }
    if ('error' in source) return source.error
    const body: UDPDatagram = { kind: 'udp', srcPort: endpoint.port, dstPort: to.port, data: p.slice() }
    return this.ip.send(source.addr, to.addr, body, options)
  }

  /** A datagram has come in by an interface; `toMany`: it is for a group or for everybody. */
  input(packet: Packet, datagram: UDPDatagram, iface: string, toMany: boolean): void {
    const { srcPort, dstPort, data } = datagram
    const fitting = this.#ports.at(dstPort).filter((e) => fits(e, packet, srcPort, iface, toMany))
    const arrived = { data, addr: packet.src, port: srcPort }
    if (toMany) {
      for (const e of fitting) e.deliver(arrived)
      return
    }
    const best = bestOf(fitting, packet.dst, srcPort)
    if (best === undefined) this.ip.tell(packet, 'port')
    else best.deliver(arrived)
  }

  /** The network tells of trouble with a datagram of ours: connected sockets get to know of it. */
  troubled(quoted: Quoted, trouble: Trouble): void {
    const error = troubleErrno(quoted.version, trouble)
    if (error === null || trouble === 'tooBig') return
    for (const e of this.#ports.at(quoted.srcPort)) {
      if (e.peer?.addr === quoted.dst && e.peer.port === quoted.dstPort) e.fail(error)
    }
  }

  /** Ends everything. */
  vanish(error: string): void {
    for (const e of [...this.#ports.all()]) {
      this.unbind(e)
      e.fail(error)
    }
  }
}

function fits(e: Endpoint, packet: Packet, srcPort: number, iface: string, toMany: boolean): boolean {
  if (e.device !== '' && e.device !== iface) return false
  if (e.peer !== null && (e.peer.addr !== packet.src || e.peer.port !== srcPort)) return false
  if (!toMany) return covers(e.addr, e.dual, packet.dst)
  if (isMulticast(packet.dst)) return e.memberships.has(packet.dst, iface, packet.src)
  return covers(e.addr, e.dual, packet.dst)
}

// Who has a peer or an address of its own comes first; those that share get their part by who sends.
function bestOf(fitting: Endpoint[], dst: string, srcPort: number): Endpoint | undefined {
  const rank = (e: Endpoint): number => (e.peer !== null ? 2 : 0) + (e.addr === dst ? 1 : 0)
  const best = Math.max(...fitting.map(rank))
  const equals = fitting.filter((e) => rank(e) === best)
  return equals[srcPort % equals.length]
}
