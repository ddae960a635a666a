import type { Random } from '../clock/random.ts'
import type { Time } from '../clock/time.ts'
import { isAny, isLoopback, isMulticast, versionOf } from '../ip/address.ts'
import { Reassembly, fragmentsOf } from '../ip/fragment.ts'
import { isError, troubleMessage, type Trouble } from '../ip/icmp.ts'
import type { IPLayer, SendOptions } from '../ip/ip_layer.ts'
import { packetLength, type Body, type Packet } from '../ip/packet.ts'
import type { Ether } from '../link/ether.ts'
import type { Frame, Station } from '../link/station.ts'
import type { Witness } from '../see/sight.ts'
import type { AddressBook, Gate } from './gate.ts'
import type { NIC, NICOwner } from './nic.ts'
import { isBroadcast, Routes, type Way } from './routes.ts'

/** What a stack shares with those of all other hosts. */
export interface Surroundings {
  readonly time: Time
  readonly ether: Ether
  readonly gate: Gate
  readonly book: AddressBook<Station>
  readonly witness: Witness
}

/** Whoever takes what packets for this host carry. */
export interface Upper {
  /** A packet has come in whole; `toMany`: it is for a group or for everybody. */
  input(packet: Packet, nic: NIC, toMany: boolean): void
}

const NO_NEIGHBOUR = 3000 // milliseconds that are spent on looking for a neighbour that is not there, as linux does
const MTU_AGE = 600_000 // milliseconds for which a path's MTU is remembered (net.ipv4.route.mtu_expires)

/** IP on a host: which way packets go, what becomes of those that come in. */
export class Stack implements IPLayer, NICOwner {
  readonly time: Time
  readonly random: Random
  readonly routes: Routes
  /** Whether it hands on packets that are not for it. */
  forwards = false
  /** Whether it does anything: a host that has crashed does not. */
  isUp = true
  /** Told when an interface may have changed. */
  onChange: (nic: NIC) => void = () => {}
  readonly #around: Surroundings
  readonly #upper: Upper
  readonly #reassembly: Reassembly
  readonly #paths = new Map<string, { readonly mtu: number; readonly until: number }>()
  readonly #own = new Set<string>()
  #nics: readonly NIC[] = []
  #id = 1

  /** Makes the stack of a host without interfaces. */
  constructor(around: Surroundings, random: Random, upper: Upper) {
    this.time = around.time
    this.random = random
    this.routes = new Routes(() => this.nics)
    this.#around = around
    this.#upper = upper
    this.#reassembly = new Reassembly(around.time)
  }

  /** The interfaces, the loopback first. */
  get nics(): readonly NIC[] {
    return this.#nics
  }

  /** Gives it its interfaces. */
  install(nics: readonly NIC[]): void {
    this.#nics = nics
    for (const nic of nics) for (const { addr } of nic.addrs) this.#own.add(addr)
  }

  /** Forgets what it has learnt, as by a crash. */
  reset(): void {
    this.#reassembly.clear()
    this.#paths.clear()
  }

  send(src: string, dst: string, body: Body, options: SendOptions = {}): string | null {
    if (!this.isUp) return 'ENETDOWN'
    const { iface = '', whole, ttl } = options
    const way = this.routes.find(dst, iface)
    if (way === null) return 'ENETUNREACH'
    const packet: Packet = {
      version: versionOf(dst),
      src,
      dst,
      ttl: ttl ?? (way.kind === 'many' ? 1 : 64),
      id: this.#id++,
      whole: true,
      body,
    }
    if (way.kind === 'local') {
      this.#loop(packet)
      return null
    }
    const mtu = this.#mtuOf(way, dst)
    if (packetLength(packet) <= mtu) this.#out(packet, way, options)
    else if (whole === true) return 'EMSGSIZE'
    else for (const f of fragmentsOf({ ...packet, whole: false }, mtu)) this.#out(f, way, options)
    return null
  }

  source(dst: string, iface = ''): { readonly addr: string } | { readonly error: string } {
    if (!this.isUp) return { error: 'ENETDOWN' }
    const way = this.routes.find(dst, iface)
    if (way === null) return { error: 'ENETUNREACH' }
    const addr = this.routes.source(way, dst)
    return addr === null ? { error: 'EADDRNOTAVAIL' } : { addr }
  }

  owns(addr: string): boolean {
    return this.#own.has(addr) || isAny(addr) || isLoopback(addr)
  }

  mtu(dst: string): number {
    const way = this.routes.find(dst, '')
    return way === null ? 1500 : this.#mtuOf(way, dst)
  }

  tell(packet: Packet, trouble: Trouble, mtu = 0): void {
    const { body, dst } = packet
    if (body.kind === 'icmp' && isError(packet.version, body)) return
    if (body.kind === 'fragment' && body.offset > 0) return
    if (isMulticast(dst) || isBroadcast(this.nics, dst)) return
    const own = this.owns(dst) ? { addr: dst } : this.source(packet.src)
    if ('addr' in own) this.send(own.addr, packet.src, troubleMessage(packet, trouble, mtu))
  }

  /** A path carries no packets larger than this. */
  narrow(dst: string, mtu: number): void {
    const floor = versionOf(dst) === 4 ? 68 : 1280
    this.#paths.set(dst, { mtu: Math.max(mtu, floor), until: this.time.now + MTU_AGE })
  }

  arrived({ packet, damaged }: Frame, nic: NIC): void {
    const { witness, gate } = this.#around
    const lost = (why: string): void => witness.saw('lost', nic.name, packet, why, damaged)
    if (!this.isUp) {
      lost('the host is down')
      return
    }
    if (gate.stops(packet)) {
      lost('partition')
      return
    }
    witness.saw('in', nic.name, packet, '', damaged)
    if (damaged) lost('the checksum is wrong')
    else if (this.owns(packet.dst)) this.#deliver(packet, nic, false)
    else if (isBroadcast([nic], packet.dst) || nic.groups.has(packet.dst)) this.#deliver(packet, nic, true)
    else if (this.forwards && !isMulticast(packet.dst)) this.#forward(packet)
  }

  changed(nic: NIC): void {
    this.routes.changed()
    this.onChange(nic)
  }

  #mtuOf(way: Way, dst: string): number {
    const path = this.#paths.get(dst)
    const known = path !== undefined && path.until > this.time.now ? path.mtu : Infinity
    return Math.min(known, this.#linkMTU(way))
  }

  #linkMTU(way: Way): number {
    if (way.kind === 'local') return 65_536
    const { nic } = way
    const next = way.kind === 'next' ? this.#around.book.get(way.next) : undefined
    const wire = next === undefined ? null : this.#around.ether.toward(nic, next)
    return wire === null ? nic.mtu : nic.mtuBy(wire)
  }

  #loop(packet: Packet): void {
    const lo = this.nics[0]
    if (lo === undefined) return
    const { witness } = this.#around
    witness.saw('out', lo.name, packet)
    this.time.after(0, () => {
      if (!this.isUp) return
      witness.saw('in', lo.name, packet)
      this.#deliver(packet, lo, isMulticast(packet.dst))
    })
  }

  #out(packet: Packet, way: Exclude<Way, { kind: 'local' }>, { loop = true }: SendOptions): void {
    const { nic } = way
    if (way.kind === 'many' && loop && (isMulticast(packet.dst) ? nic.groups.has(packet.dst) : true)) {
      this.time.after(0, () => {
        this.#deliver(packet, nic, true)
      })
    }
    if (way.kind === 'many' && packet.ttl === 0) return
    this.#around.gate.pass(packet, nic.name, (passed) => {
      this.#transmit(passed, way)
    })
  }

  #transmit(packet: Packet, way: Exclude<Way, { kind: 'local' }>): void {
    const { nic } = way
    const { ether, book, witness } = this.#around
    if (way.kind === 'many') {
      witness.saw('out', nic.name, packet)
      for (const wire of ether.onward(nic, nic)) wire.send({ packet, from: nic, to: null, damaged: false }, nic)
      return
    }
    const next = book.get(way.next)
    const wire = next === undefined ? null : ether.toward(nic, next)
    if (next === undefined || wire === null) {
      witness.saw('lost', nic.name, packet, 'no such neighbour')
      this.time.after(NO_NEIGHBOUR, () => {
        if (this.isUp) this.tell(packet, 'host')
      })
      return
    }
    witness.saw('out', nic.name, packet)
    wire.send({ packet, from: nic, to: next, damaged: false }, nic)
  }

  #forward(packet: Packet): void {
    if (packet.ttl <= 1) {
      this.tell(packet, 'ttl')
      return
    }
    const onward = { ...packet, ttl: packet.ttl - 1 }
    const way = this.routes.find(packet.dst, '')
    if (way === null || way.kind === 'local') {
      this.tell(packet, 'net')
      return
    }
    if (way.kind === 'many') return // broadcasts are not handed on (RFC 2644)
    const mtu = this.#linkMTU(way)
    if (packetLength(packet) <= mtu) this.#transmit(onward, way)
    else if (packet.whole || packet.version === 6) this.tell(packet, 'tooBig', mtu)
    else for (const f of fragmentsOf(onward, mtu)) this.#transmit(f, way)
  }

  #deliver(packet: Packet, nic: NIC, toMany: boolean): void {
    if (!this.isUp) return
    const { body } = packet
    const whole = body.kind === 'fragment' ? this.#reassembly.add(packet, body) : packet
    if (whole !== null) this.#upper.input(whole, nic, toMany)
  }
}
