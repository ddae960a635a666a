import { anyOf, isAny, isLoopback, isMulticast, ipOf, versionOf } from '../ip/address.ts'
import { commonBits, parsePrefix, type Prefix } from '../ip/prefix.ts'
import type { NIC } from './nic.ts'

/** A way that packets take from a host. */
export type Way =
  | { readonly kind: 'local' }
  | { readonly kind: 'many'; readonly nic: NIC }
  | { readonly kind: 'next'; readonly nic: NIC; readonly next: string }

/** A route that was added: to a network, through a router. */
export interface Route {
  readonly to: Prefix
  readonly via: string
}

const MOST = 10_000 // addresses whose way is remembered

/** Which way packets take from a host: to its own networks directly, to others by routes that were added. */
export class Routes {
  readonly #nics: () => readonly NIC[]
  readonly #routes: Route[] = []
  readonly #known = new Map<string, Way | null>() // what was found since something has changed

  /** Makes the routes of a host with these interfaces. */
  constructor(nics: () => readonly NIC[]) {
    this.#nics = nics
  }

  /** Adds a route to a network, 'default' for all, through a router. Throws a TypeError for what are no addresses. */
  add(to: string, via: string): void {
    const gateway = ipOf(via).toString()
    const prefix = parsePrefix(to === 'default' ? `${anyOf(versionOf(gateway))}/0` : to)
    if (prefix.version !== versionOf(gateway))
      throw new TypeError(`${via} is no way to ${to}: another family`)
    this.#routes.push({ to: prefix, via: gateway })
    this.#routes.sort((a, b) => b.to.bits - a.to.bits)
    this.changed()
  }

  /** An interface has come, gone up or down: what was found before does not count. */
  changed(): void {
    this.#known.clear()
  }

  /** The way to an address, by an interface of this name if there is one; null when there is none. */
  find(dst: string, iface: string): Way | null {
    if (iface !== '') return this.#find(dst, iface)
    let way = this.#known.get(dst)
    if (way === undefined) {
      way = this.#find(dst, '')
      if (this.#known.size < MOST) this.#known.set(dst, way)
    }
    return way
  }

  #find(dst: string, iface: string): Way | null {
    const nics = this.#nics()
    if (isLoopback(dst) || nics.some((nic) => nic.addrs.some((p) => p.addr === dst))) return { kind: 'local' }
    const usable = nics.filter((nic) => !nic.isLoopback && (iface === '' || nic.label === iface))
    if (dst === '255.255.255.255' || isMulticast(dst)) {
      const nic = usable.find((n) => n.addrs.some((p) => p.version === versionOf(dst)))
      return nic === undefined ? null : { kind: 'many', nic }
    }
    return this.#onNetwork(usable, dst) ?? this.#routed(usable, dst)
  }

  /** The address that packets of a host to `dst` come from; null when it has none that fits. */
  source(way: Way, dst: string): string | null {
    if (way.kind === 'local') return dst
    const version = versionOf(dst)
    const own = way.nic.addrs.filter((p) => p.version === version)
    const target = way.kind === 'next' ? way.next : dst
    let best: string | null = null
    for (const { addr } of own) {
      if (best === null || commonBits(addr, target) > commonBits(best, target)) best = addr
    }
    return best
  }

  #onNetwork(usable: readonly NIC[], dst: string): Way | null {
    const ip = ipOf(dst)
    let best: { nic: NIC; prefix: Prefix } | null = null
    for (const nic of usable) {
      for (const prefix of nic.addrs) {
        if (prefix.net.contains(ip) && prefix.bits > (best?.prefix.bits ?? -1)) best = { nic, prefix }
      }
    }
    if (best === null) return null
    if (best.prefix.broadcast === dst) return { kind: 'many', nic: best.nic }
    return { kind: 'next', nic: best.nic, next: dst }
  }

  #routed(usable: readonly NIC[], dst: string): Way | null {
    const ip = ipOf(dst)
    for (const { to, via } of this.#routes) {
      if (to.version !== versionOf(dst) || !(to.bits === 0 || to.net.contains(ip))) continue
      const way = this.#onNetwork(usable, via)
      if (way?.kind === 'next') return way
    }
    return null
  }
}

/** Whether an address is everybody's on a network of one of the interfaces, or on all networks. */
export function isBroadcast(nics: readonly NIC[], addr: string): boolean {
  return (
    addr === '255.255.255.255' ||
    nics.some((nic) => nic.addrs.some((p) => p.broadcast === addr && !isAny(addr)))
  )
}
