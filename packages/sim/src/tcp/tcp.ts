import type { Time } from '../clock/time.ts'
import type { Quoted } from '../ip/decode.ts'
import { troubleErrno, type Trouble } from '../ip/icmp.ts'
import type { IPLayer } from '../ip/ip_layer.ts'
import { versionOf } from '../ip/address.ts'
import { ACK, RST, SYN, type Packet, type TCPSegment } from '../ip/packet.ts'
import { endText, type SocketState } from '../see/netstat.ts'
import { covers } from '../socket/family.ts'
import { PortTable, type Binding } from '../socket/port_table.ts'
import { Connection, type ConnectionOwner } from './connection.ts'
import type { Backlog } from './backlog.ts'
import { resetOf } from './segment.ts'
import type { End } from './state.ts'
import { tcpSettings, type TCPOptions, type TCPSettings } from './tcp_options.ts'

const WHOLE = { whole: true }

/** Whoever is bound to a port: a listener, or a connection that chose its own. */
export interface Bound extends Binding {
  /** The connections that come in, of a listener; null of a connection. */
  readonly backlog: Backlog | null
}

/** TCP of a host: its connections, its ports, and what to do with segments that belong to none. */
export class TCP implements ConnectionOwner {
  readonly time: Time
  readonly settings: TCPSettings
  /** Who is bound to which port. */
  readonly ports: PortTable<Bound>
  readonly #ip: IPLayer
  readonly #connections = new Map<string, Connection>()
  readonly #bound = new Map<Connection, Bound>()
  readonly #listeners = new Map<Connection, Backlog>() // of connections that are not accepted yet

  /** Makes the TCP of a host. */
  constructor(ip: IPLayer, options: TCPOptions) {
    this.#ip = ip
    this.time = ip.time
    this.settings = tcpSettings(options)
    this.ports = new PortTable(ip.random)
  }

  /** All connections. */
  get connections(): Iterable<Connection> {
    return this.#connections.values()
  }

  /** Its listeners and connections, as netstat tells of them. */
  *states(): Generator<SocketState, void> {
    for (const b of this.ports.all()) {
      if (b.backlog === null) continue
      const received = b.backlog.length
      yield { protocol: 'tcp', state: 'LISTEN', local: endText(b), remote: '*', received, sending: 0 }
    }
    for (const { state, local, remote, receiver, sender } of this.connections) {
      const ends = { local: endText(local), remote: endText(remote) }
      yield {
        protocol: 'tcp',
        state,
        ...ends,
        received: receiver.queue.length,
        sending: sender.buffer.byteLength,
      }
    }
  }

  /**
   * Makes a connection and sends its SYN. `local` may leave the address (null) and the port (0) open. Gives the connection, or
   * the name of what is wrong.
   */
  connect(local: { addr: string | null; port: number }, remote: End): Connection | string {
    const source = local.addr === null ? this.#ip.source(remote.addr) : { addr: local.addr }
    if ('error' in source) return source.error
    if (!this.#ip.owns(source.addr)) return 'EADDRNOTAVAIL'
    const dual = false
    let { port } = local
    const wanted = { addr: source.addr, port, dual, share: true, backlog: null }
    if (port === 0) port = this.ports.free(source.addr, dual)
    else if (this.ports.isTaken(wanted)) return 'EADDRINUSE'
    if (port === 0) return 'EADDRNOTAVAIL'
    const end = { addr: source.addr, port }
    if (this.#connections.has(keyOf(end, remote))) return 'EADDRNOTAVAIL'
    const c = this.#make(end, remote)
    const bound = { ...wanted, port }
    this.ports.add(bound)
    this.#bound.set(c, bound)
    const error = c.connect()
    if (error === null) return c
    c.abandon(true)
    return error
  }

  /** The port to bind to, a free one for 0; or the name of what is wrong. */
  bind({ addr, port, dual, share }: Binding): number | string {
    if (!this.#ip.owns(addr)) return 'EADDRNOTAVAIL'
    if (port === 0) return this.ports.free(addr, dual) || 'EADDRINUSE'
    return this.ports.isTaken({ addr, port, dual, share }) ? 'EADDRINUSE' : port
  }

  /** A segment has come in. */
  input(packet: Packet, segment: TCPSegment): void {
    const local = { addr: packet.dst, port: segment.dstPort }
    const remote = { addr: packet.src, port: segment.srcPort }
    const c = this.#connections.get(keyOf(local, remote))
    if (c !== undefined && !(c.state === 'TIME-WAIT' && (segment.flags & (SYN | ACK)) === SYN)) {
      c.input(segment)
      return
    }
    const backlog = this.#listening(local)
    if (backlog !== null && (segment.flags & (SYN | ACK | RST)) === SYN) {
      // A new connection may follow the one that waits for stragglers (RFC 9293 section 3.6.1).
      c?.abort()
      this.#called(backlog, local, remote, segment)
    } else if ((segment.flags & RST) === 0) {
      this.#ip.send(local.addr, remote.addr, resetOf({ local, remote }, segment))
    }
  }

  /** The network tells of trouble with a segment of ours. */
  troubled(quoted: Quoted, trouble: Trouble): void {
    const local = { addr: quoted.src, port: quoted.srcPort }
    const c = this.#connections.get(keyOf(local, { addr: quoted.dst, port: quoted.dstPort }))
    if (c === undefined) return
    if (trouble === 'tooBig') {
      c.shrink(this.#mss(quoted.dst))
      return
    }
    const error = troubleErrno(quoted.version, trouble)
    if (error !== null) c.troubled(error)
  }

  /** Ends the connections that were not accepted; nobody listens any more. */
  unlisten(bound: Bound): void {
    this.ports.delete(bound)
    for (const [c, backlog] of [...this.#listeners]) if (backlog === bound.backlog) c.abort()
  }

  /** Takes a connection out of its listener's hands. */
  accepted(c: Connection): void {
    this.#listeners.delete(c)
  }

  /** Ends everything without a word. */
  vanish(error: string): void {
    for (const c of [...this.#connections.values()]) c.fail(error)
    for (const bound of [...this.ports.all()]) this.ports.delete(bound)
  }

  transmit(c: Connection, segment: TCPSegment): string | null {
    const { local, remote } = c
    const error = this.#ip.send(local.addr, remote.addr, segment, WHOLE)
    if (error === 'EMSGSIZE') c.shrink(this.#mss(remote.addr))
    return error
  }

  established(c: Connection): void {
    this.#listeners.get(c)?.established(c)
  }

  gone(c: Connection): void {
    this.#connections.delete(keyOf(c.local, c.remote))
    const bound = this.#bound.get(c)
    if (bound !== undefined) this.ports.delete(bound)
    this.#bound.delete(c)
    this.#listeners.get(c)?.gone(c)
    this.#listeners.delete(c)
  }

  #make(local: End, remote: End): Connection {
    const first = this.settings.firstSequence ?? this.#ip.random.uint32()
    const c = new Connection(this, local, remote, first, this.#mss(remote.addr))
    this.#connections.set(keyOf(local, remote), c)
    return c
  }

  // The most bytes of a segment to an address.
  #mss(addr: string): number {
    return this.#ip.mtu(addr) - (versionOf(addr) === 4 ? 40 : 60)
  }

  #listening({ addr, port }: End): Backlog | null {
    let best: Bound | null = null
    for (const b of this.ports.at(port)) {
      if (b.backlog === null || !covers(b.addr, b.dual, addr)) continue
      if (best === null || b.addr === addr) best = b
    }
    return best?.backlog ?? null
  }

  #called(backlog: Backlog, local: End, remote: End, syn: TCPSegment): void {
    if (backlog.isFull) return // who calls tries again
    const c = this.#make(local, remote)
    this.#listeners.set(c, backlog)
    backlog.called()
    c.accept(syn)
  }
}

function keyOf(local: End, remote: End): string {
  return `${local.addr} ${local.port} ${remote.addr} ${remote.port}`
}
