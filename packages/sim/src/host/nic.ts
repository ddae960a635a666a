import type { HardwareAddr } from '@net/addr'
import type { Ether } from '../link/ether.ts'
import type { Frame, Station, Wire } from '../link/station.ts'
import type { Prefix } from '../ip/prefix.ts'

/** What an interface hands on to its host. */
export interface NICOwner {
  /** A frame has come in by an interface. */
  arrived(frame: Frame, nic: NIC): void
  /** The state of an interface may have changed. */
  changed(nic: NIC): void
}

/** An interface of a host: what its links end at, and its addresses. */
export class NIC implements Station {
  /** 'host/eth0'. */
  readonly name: string
  readonly relays = false
  /** Its number, from 1 on. */
  readonly index: number
  /** Its name on its host, 'eth0'. */
  readonly label: string
  readonly mac: HardwareAddr | null
  readonly addrs: readonly Prefix[]
  /** How many sockets are in each group. */
  readonly groups = new Map<string, number>()
  /** Whether it is set up; {@link isRunning} is whether anything is at its other end. */
  isUp = true
  readonly #mtu: number
  readonly #owner: NICOwner
  readonly #ether: Ether

  /** Makes an interface that is up. */
  constructor(
    owner: NICOwner,
    ether: Ether,
    host: string,
    spec: Pick<NIC, 'index' | 'label' | 'mac' | 'addrs'> & { readonly mtu: number },
  ) {
    this.#owner = owner
    this.#ether = ether
    this.name = `${host}/${spec.label}`
    this.index = spec.index
    this.label = spec.label
    this.mac = spec.mac
    this.addrs = spec.addrs
    this.#mtu = spec.mtu
  }

  /** Whether it loops back: it has no links. */
  get isLoopback(): boolean {
    return this.label === 'lo'
  }

  /** Whether it is up and one of its links is. */
  get isRunning(): boolean {
    return this.isUp && (this.isLoopback || this.#ether.wiresOf(this).some((wire) => wire.isUp))
  }

  /** The largest packet that it sends, in bytes. */
  get mtu(): number {
    return this.#mtu
  }

  /** The largest packet that it sends by one of its links. */
  mtuBy(wire: Wire): number {
    return Math.min(this.#mtu, wire.mtuFrom(this))
  }

  arrive(frame: Frame): void {
    if (this.isUp) this.#owner.arrived(frame, this)
  }

  wired(): void {
    this.#owner.changed(this)
  }
}
