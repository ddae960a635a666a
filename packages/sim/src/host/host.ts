import { parseMAC, type HardwareAddr } from '@net/addr'
import type { IOOptions, Target } from '@net/contract'
import { copyingSendfileGroup } from '@net/io'
import { ErrUnsupported, fileStubs } from '@net/stubs'
import { isMulticast, versionOf } from '../ip/address.ts'
import { parsePrefix, type Prefix } from '../ip/prefix.ts'
import { ipRawSockGroup } from '../raw/iprawsock.ts'
import { RawIP } from '../raw/raw_ip.ts'
import type { SocketState } from '../see/netstat.ts'
import { errno } from '../socket/errno.ts'
import type { Hold, Open } from '../socket/hold.ts'
import { TCP } from '../tcp/tcp.ts'
import { tcpSockGroup } from '../tcp/tcpsock.ts'
import type { TCPOptions } from '../tcp/tcp_options.ts'
import type { Groups } from '../udp/membership.ts'
import { UDP } from '../udp/udp.ts'
import { udpSockGroup } from '../udp/udpsock.ts'
import { UnixNames } from '../unix/unix_names.ts'
import { unixSockGroup } from '../unix/unixsock.ts'
import { interfaceGroup } from './interface.ts'
import { SimLinkWatch, type LinkWatch } from './link_watch.ts'
import { lookupGroup, resolverOf, type HostFiles } from './lookup.ts'
import { NIC } from './nic.ts'
import { Protocols } from './protocols.ts'
import { Stack, type Surroundings } from './stack.ts'
import type { Random } from '../clock/random.ts'

/** An interface of a host. */
export interface InterfaceOptions {
  /** Its addresses, each with the length of its network's prefix: '10.0.0.1/24', 'fd00::1/64'. */
  readonly addrs: readonly string[]
  /** Its link-layer address; absent: one that follows from the names. */
  readonly mac?: string | undefined
  /** The largest packet that it sends, in bytes; 1500. */
  readonly mtu?: number | undefined
}

/** What a host is made of. Of `addrs`, with `mac` and `mtu`, and `interfaces` it has one. */
export interface HostOptions extends Partial<InterfaceOptions>, HostFiles {
  /** Its interfaces by name; absent: 'eth0' alone, with `addrs`, `mac` and `mtu`. */
  readonly interfaces?: Readonly<Record<string, InterfaceOptions>> | undefined
  /** Its routes: a network, or 'default', and the router that leads there. */
  readonly routes?: Readonly<Record<string, string>> | undefined
  /** How its TCP differs from Linux's. */
  readonly tcp?: TCPOptions | undefined
}

const LEAST_MTU = 68
const LO: InterfaceOptions = { addrs: ['127.0.0.1/8', '::1/128'], mtu: 65_536 }

/**
 * A simulated host: a network stack of its own, which programs use by its {@link target}.
 *
 * @example
 * ```ts
 * import { SimNetwork } from '@net/sim'
 *
 * const sim = new SimNetwork()
 * const host = sim.host('a', { addrs: ['10.0.0.1/24'], hosts: '10.0.0.2 other' })
 * console.log(await host.target.lookupHost('other').then(String)) // 10.0.0.2
 * host.crash()
 * console.log(host.isUp) // false
 * ```
 */
export class Host {
  /** Its name. */
  readonly name: string
  /** The stack as a target: what `new Net(host.target)` of @net/core takes, and everything else that takes one. */
  readonly target: Target
  /** What of it is open. */
  readonly #opened = new Set<Hold>()
  readonly #stack: Stack
  readonly #watches = new Set<SimLinkWatch>()
  readonly #tcp: TCP
  readonly #udp: UDP
  readonly #raw: RawIP
  readonly #names = new UnixNames()

  /** Makes a host that no link leads to. {@link SimNetwork.host} is what makes one that is part of a network. */
  constructor(name: string, options: HostOptions, around: Surroundings, random: Random, forwards: boolean) {
    this.name = name
    const upper = { input: (...of: Parameters<Protocols['input']>): void => protocols.input(...of) }
    const stack = new Stack(around, random, upper)
    stack.forwards = forwards
    stack.install(nicsOf(stack, name, options, around, random))
    for (const [to, via] of Object.entries(options.routes ?? {})) stack.routes.add(to, via)
    stack.onChange = (nic) => {
      for (const watch of this.#watches) watch.changed(nic)
    }
    const groups = groupsOf(stack)
    this.#stack = stack
    this.#tcp = new TCP(stack, options.tcp ?? {})
    this.#udp = new UDP(stack, groups)
    this.#raw = new RawIP(stack, groups)
    const protocols = new Protocols(stack, this.#tcp, this.#udp, this.#raw)
    this.target = this.#target(options)
  }

  /** Whether it runs: it has not crashed, or was started again. */
  get isUp(): boolean {
    return this.#stack.isUp
  }

  /** Its addresses, without those of its loopback. */
  get addrs(): string[] {
    return this.#stack.nics.slice(1).flatMap((nic) => nic.addrs.map(({ addr }) => addr))
  }

  /** Its interfaces, without its loopback. */
  get nics(): readonly NIC[] {
    return this.#stack.nics.slice(1)
  }

  /** What is open on it. */
  get opened(): Open[] {
    return [...this.#opened]
  }

  /** Its listeners, connections and UDP sockets: what netstat shows, those included that only wait for stragglers. */
  netstat(): SocketState[] {
    return [...this.#tcp.states(), ...this.#udp.states()]
  }

  /**
   * Ends, with ECONNRESET and without a word to the other end, its connections with certain addresses, if `reset` is true. Gives
   * the two ends of each.
   */
  cut(addrs: readonly string[], reset: boolean): [string, string][] {
    const found = [...this.#tcp.connections].filter((c) => addrs.includes(c.remote.addr))
    if (reset) for (const c of found) c.fail('ECONNRESET')
    return found.map(({ local, remote }) => [`${local.addr} ${local.port}`, `${remote.addr} ${remote.port}`])
  }

  /**
   * Lets it crash: its connections, listeners and sockets are gone without a word to anybody, and what comes in for it is lost.
   * Operations that wait on it reject with ENETDOWN, as later ones do until {@link restart}. The program that runs on it goes
   * on: it is this process's, and should be told to stop.
   */
  crash(): void {
    if (!this.isUp) return
    this.#stack.isUp = false
    this.#stack.time.touch()
    const opened = [...this.#opened]
    this.#opened.clear()
    for (const socket of opened) socket.vanish(errno('ENETDOWN'))
    this.#names.clear()
    this.#tcp.vanish('ENETDOWN')
    this.#udp.vanish('ENETDOWN')
    this.#raw.vanish('ENETDOWN')
    this.#stack.reset()
  }

  /** Starts it again, with nothing open: who goes on talking to what is gone is answered by resets. */
  restart(): void {
    this.#stack.isUp = true
  }

  /**
   * Watches its interfaces, from now on, as watchInterfaces of @net/posix does: tells of those that are linked, or whose links go
   * down or up. When `signal` is aborted the iteration ends quietly, as by close.
   */
  watchInterfaces(options: IOOptions = {}): LinkWatch {
    const watch = new SimLinkWatch(this.#stack.time, this.#stack.nics, options.signal, () => {
      this.#watches.delete(watch)
    })
    this.#watches.add(watch)
    return watch
  }

  /** Adds a route to a network, 'default' for all, through a router. Throws a TypeError for what are no addresses. */
  route(to: string, via: string): void {
    this.#stack.routes.add(to, via)
  }

  #target(options: HostOptions): Target {
    const tcp = tcpSockGroup(this.#tcp, this.#opened)
    const udp = udpSockGroup(this.#udp, this.#opened)
    const has = (version: 4 | 6): boolean =>
      this.#stack.nics.some((nic) => nic.addrs.some((p) => p.version === version))
    return {
      name: 'sim',
      ...fileStubs(ErrUnsupported),
      ...interfaceGroup(() => this.#stack.nics),
      ...ipRawSockGroup(this.#raw, () => null, this.#opened),
      supportsIPv4: () => has(4),
      supportsIPv6: () => has(6),
      supportsIPv4map: () => has(4) && has(6),
      ...lookupGroup(resolverOf({ ...tcp, ...udp }, options, this.name)),
      ...copyingSendfileGroup,
      ...tcp,
      ...udp,
      ...unixSockGroup(this.#stack.time, this.#names, this.#opened),
    }
  }
}

function nicsOf(
  stack: Stack,
  host: string,
  options: HostOptions,
  { ether }: Surroundings,
  random: Random,
): NIC[] {
  const { addrs, mac, mtu, interfaces } = options
  if (interfaces !== undefined && (addrs ?? mac ?? mtu) !== undefined)
    throw new TypeError(`${host} has interfaces of its own, and addrs, mac and mtu belong to them`)
  const own = interfaces ?? { eth0: { addrs: addrs ?? [], mac, mtu } }
  const specs = Object.entries({ lo: LO, ...own })
  return specs.map(([label, spec], i) => {
    const index = i + 1
    const size = spec.mtu ?? 1500
    if (!Number.isInteger(size) || size < LEAST_MTU)
      throw new RangeError(
        `the mtu of ${host}/${label} is ${String(size)}; it is bytes, ${LEAST_MTU} or more`,
      )
    const hardware = label === 'lo' ? null : macOf(spec.mac, random.derive(label))
    const prefixes: Prefix[] = spec.addrs.map(parsePrefix)
    return new NIC(stack, ether, host, { index, label, mac: hardware, addrs: prefixes, mtu: size })
  })
}

function macOf(mac: string | undefined, random: Random): HardwareAddr {
  if (mac !== undefined) return parseMAC(mac)
  const rest = Array.from({ length: 5 }, () => random.below(256).toString(16).padStart(2, '0'))
  return parseMAC(['02', ...rest].join(':')) // locally administered
}

function groupsOf(stack: Stack): Groups {
  const byName = (name: string): NIC | undefined => stack.nics.find((nic) => nic.label === name)
  return {
    join(group, iface) {
      const groups = byName(iface)?.groups
      groups?.set(group, (groups.get(group) ?? 0) + 1)
    },
    leave(group, iface) {
      const groups = byName(iface)?.groups
      const n = groups?.get(group) ?? 0
      if (n > 1) groups?.set(group, n - 1)
      else groups?.delete(group)
    },
    find(iface, group) {
      const { nics } = stack
      if (iface === null || iface === 0) {
        const fits = (nic: NIC): boolean => nic.addrs.some((p) => p.version === versionOf(group))
        const chosen = nics.find((nic) => !nic.isLoopback && fits(nic)) ?? nics[0]
        return group !== '' && isMulticast(group) && chosen !== undefined ? chosen.label : null
      }
      const found = nics.find(
        (nic) => nic.label === iface || nic.index === iface || nic.addrs.some((p) => p.addr === iface),
      )
      return found?.label ?? null
    },
  }
}
