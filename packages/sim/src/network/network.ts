import { isError } from '@net/contract'
import { Random } from '../clock/random.ts'
import { RealClock } from '../clock/real_clock.ts'
import { VirtualRun, type RunLimits } from '../clock/run.ts'
import { SimError } from '../clock/sim_error.ts'
import { Time } from '../clock/time.ts'
import { DNSServer } from '../dns/server.ts'
import type { Zone } from '../dns/zone.ts'
import { Host, type HostOptions } from '../host/host.ts'
import type { NIC } from '../host/nic.ts'
import type { Surroundings } from '../host/stack.ts'
import { Ether } from '../link/ether.ts'
import { Link } from '../link/link.ts'
import type { Station } from '../link/station.ts'
import { Switch } from '../link/switch.ts'
import { checkWeather, type Weather } from '../link/weather.ts'
import { pcapngOf } from '../see/pcapng.ts'
import { Trace } from '../see/trace.ts'
import { Barriers } from './barriers.ts'
import { leaksOf, waitsText, type SimLeak } from './leaks.ts'
import { simSettings, type SimOptions } from './options.ts'
import type { PacketRule } from './rule.ts'

/** A host with a DNS server. */
export interface DNSHost {
  readonly host: Host
  readonly server: DNSServer
}

/** A host or a switch, or its name; of a host with several interfaces 'host/eth1'. */
export type Place = Host | Switch | string

const TAIL = 20 // lines of the trace in errors

/**
 * A network within this process: hosts, switches and links, on time of its own.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { SimNetwork } from '@net/sim'
 *
 * const sim = new SimNetwork({ seed: 1 })
 * const [a, b] = [sim.host('a', { addrs: ['10.0.0.1/24'] }), sim.host('b', { addrs: ['10.0.0.2/24'] })]
 * sim.link(a, b, { latency: 50 })
 * await sim.run(async () => {
 *   const listener = await b.target.listenTCP('tcp', new TCPAddr(parseIP('10.0.0.2'), 80))
 *   const conn = await a.target.dialTCP('tcp', null, listener.addr)
 *   console.log(performance.now()) // 100
 *   await Promise.all([conn.close(), listener.close()])
 * })
 * ```
 */
export class SimNetwork {
  /** What all chance comes from. */
  readonly seed: string
  /** The packets that were seen, the latest of them; as a text, lines that can be read. */
  readonly trace: Trace
  readonly #time = new Time()
  readonly #random: Random
  readonly #ether = new Ether()
  readonly #book = new Map<string, NIC>()
  readonly #barriers: Barriers
  readonly #around: Surroundings
  readonly #hosts = new Map<string, Host>()
  readonly #switches = new Map<string, Switch>()
  readonly #limits: RunLimits
  readonly #epoch: number
  readonly #real: RealClock | null
  #links = 0
  #closed = false

  /** Makes an empty network. Throws a TypeError or RangeError for options that make no sense. */
  constructor(options: SimOptions = {}) {
    const { seed, clock, epoch, timeLimit, eventLimit, traceLimit } = simSettings(options)
    this.seed = seed
    this.#random = new Random(this.seed)
    this.#epoch = epoch
    this.#limits = { time: timeLimit, events: eventLimit }
    this.trace = new Trace(this.#time, traceLimit)
    this.#barriers = new Barriers(this.#time, this.trace, (addr) => hostOf(this.#book.get(addr)))
    this.#around = {
      time: this.#time,
      ether: this.#ether,
      gate: this.#barriers,
      book: this.#book,
      witness: this.trace,
    }
    this.#real = clock === 'real' ? new RealClock(this.#time) : null
  }

  /** How much simulated time has passed, in milliseconds. */
  get now(): number {
    return this.#time.now
  }

  /** Its hosts and routers, in the order in which they were added. */
  get hosts(): readonly Host[] {
    return [...this.#hosts.values()]
  }

  /** How many events have happened: packets that arrived, timers of connections and of programs. */
  get events(): number {
    return this.#time.happened
  }

  /**
   * Adds a host. Throws a SimError for a name or an address that is taken, and a TypeError or RangeError for options that make no
   * sense.
   */
  host(name: string, options: HostOptions = {}): Host {
    return this.#host(name, options, false)
  }

  /** Adds a router: a host that hands on packets which are not for it, by its routes. Throws as {@link host} does. */
  router(name: string, options: HostOptions = {}): Host {
    return this.#host(name, options, true)
  }

  /**
   * Adds a host with an authoritative DNS server for a zone on port 53, over UDP and TCP; `origin` is what names without a dot are
   * within. Other hosts ask it when their `resolvConf` says so. Throws as {@link host} does, and a TypeError for what is no address
   * in the zone.
   */
  dns(name: string, options: HostOptions & { readonly zone: Zone; readonly origin?: string }): DNSHost {
    const { zone, origin, ...rest } = options
    const server = new DNSServer(zone, origin)
    const host = this.#host(name, rest, false)
    // Binding ends before it returns, and fails on no new host.
    void server.listen(host.target)
    return { host, server }
  }

  /** Adds a switch, and links hosts with it, all in the same weather. Throws as {@link link} does. */
  switch(name: string, members: readonly Place[] = [], weather: Weather = {}): Switch {
    this.#checkName(name)
    const made = new Switch(name, this.#ether, this.trace)
    this.#switches.set(name, made)
    for (const member of members) this.link(member, made, weather)
    return made
  }

  /**
   * Links two hosts, or a host and a switch, with the same weather in both directions; {@link Link.set} changes one. Throws a
   * SimError for what is not there and where it is not clear which interface is meant, and a TypeError or RangeError for weather
   * that cannot be.
   */
  link(a: Place, b: Place, weather: Weather = {}): Link {
    this.#checkOpen()
    checkWeather(weather)
    const [from, to] = [this.#station(a, b), this.#station(b, a)]
    if (from === to) throw new SimError('UNPLACED', `${from.name} cannot be linked with itself`)
    const link = new Link(this.#time, this.#random.derive(`link ${this.#links++}`), this.trace, from, to)
    link.set(weather)
    this.#ether.add(link)
    return link
  }

  /** Loses all packets between two hosts, or each of one group and each of another, those under way included, until {@link heal}. */
  partition(a: Place | readonly Place[], b: Place | readonly Place[]): void {
    for (const [x, y] of this.#pairs(a, b)) this.#barriers.partition(x, y)
  }

  /** Ends a partition; without hosts, all of them, and the silence of connections that were cut. */
  heal(a?: Place | readonly Place[], b?: Place | readonly Place[]): void {
    this.#checkOpen()
    if (a === undefined || b === undefined) this.#barriers.healAll()
    else for (const [x, y] of this.#pairs(a, b)) this.#barriers.heal(x, y)
  }

  /** Keeps all packets between two hosts, or two groups, from now on, until {@link release}; those under way arrive. */
  hold(a: Place | readonly Place[], b: Place | readonly Place[]): void {
    for (const [x, y] of this.#pairs(a, b)) this.#barriers.hold(x, y)
  }

  /** Sends what was kept on its way, in its order. */
  release(a: Place | readonly Place[], b: Place | readonly Place[]): void {
    for (const [x, y] of this.#pairs(a, b)) this.#barriers.release(x, y)
  }

  /**
   * Cuts the TCP connections that two hosts have with each other: 'reset', when absent, ends both ends with ECONNRESET; with
   * 'silence' nothing of them arrives any more, until {@link heal}. New connections are not touched.
   */
  cut(a: Place, b: Place, how: 'reset' | 'silence' = 'reset'): void {
    this.#checkOpen()
    const [one, other] = [this.#hostAt(a), this.#hostAt(b)]
    this.#time.touch()
    for (const [host, peer] of [
      [one, other],
      [other, one],
    ] as const) {
      const ends = host.cut(peer.addrs, how === 'reset')
      if (how === 'silence') for (const [x, y] of ends) this.#barriers.silence(x, y)
    }
  }

  /** Lets a function judge each packet that a host sends to another one. Disposing of what it gives takes the rule away. */
  rule(rule: PacketRule): Disposable {
    this.#checkOpen()
    this.#barriers.add(rule)
    return {
      [Symbol.dispose]: () => {
        this.#barriers.delete(rule)
      },
    }
  }

  /** Calls a function when so much simulated time has passed since the network was made, in milliseconds; at once when it has. */
  at(ms: number, what: () => void): void {
    this.#checkOpen()
    this.#time.touch()
    this.#time.after(Math.max(0, ms - this.#time.now), () => {
      this.#time.touch()
      what()
    })
  }

  /**
   * Runs a program while virtual time passes, and gives what it gives: its setTimeout, Date, performance.now, Math.random and
   * AbortSignal.timeout are the network's, and time jumps to the next event when it waits. What it rejects with is passed on, with
   * the seed in its message. Rejects with a {@link SimError} within another run, when nothing can happen any more, past the limits,
   * and for real sockets and files where they are seen. With `clock: 'real'` it just runs.
   */
  async run<T>(body: () => Promise<T> | T): Promise<T> {
    this.#checkOpen()
    try {
      if (this.#real !== null) return await body()
      const random = this.#random.derive(`run ${this.#time.now}`)
      return await VirtualRun.run(this.#time, this.#limits, this.#epoch, random, body)
    } catch (e) {
      throw this.#told(e)
    }
  }

  /** The trace as a capture file, which wireshark and tshark read: an interface of the file for each interface of a host. */
  pcapng(): Uint8Array<ArrayBuffer> {
    return pcapngOf(this.trace, this.#epoch)
  }

  /** What is open on all hosts: connections, listeners, sockets and dials, where each was made, and the operations that wait. */
  leaks(): SimLeak[] {
    return leaksOf(this.#hosts.values())
  }

  /** Crashes all hosts and lets no time pass any more. Everything but what tells of the past throws a SimError afterwards. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const host of this.#hosts.values()) host.crash()
    this.#real?.stop()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #host(name: string, options: HostOptions, forwards: boolean): Host {
    this.#checkName(name)
    const host = new Host(name, options, this.#around, this.#random.derive(`host ${name}`), forwards)
    const own = new Set<string>()
    for (const nic of host.nics) {
      for (const { addr } of nic.addrs) {
        const other = own.has(addr) ? name : hostOf(this.#book.get(addr))
        if (other !== null) throw new SimError('TAKEN', `${addr} of ${name} is ${other}'s already`)
        own.add(addr)
      }
    }
    for (const nic of host.nics) for (const { addr } of nic.addrs) this.#book.set(addr, nic)
    this.#hosts.set(name, host)
    return host
  }

  #checkOpen(): void {
    if (this.#closed) throw new SimError('CLOSED', 'the network is closed')
  }

  #checkName(name: string): void {
    this.#checkOpen()
    if (typeof name !== 'string' || name === '' || name.includes('/'))
      throw new TypeError('a name is a text without a slash')
    if (this.#hosts.has(name) || this.#switches.has(name))
      throw new SimError('TAKEN', `the name ${name} is taken`)
  }

  #hostAt(place: Place): Host {
    const name = typeof place === 'string' ? place : place.name
    const host = this.#hosts.get(name)
    if (host === undefined || (typeof place !== 'string' && host !== place))
      throw new SimError('UNKNOWN', `there is no host ${name} in this network`)
    return host
  }

  // What a link to a place ends at; `other` is its other end.
  #station(place: Place, other: Place): Station {
    const text = typeof place === 'string' ? place : place.name
    const [name = '', label] = text.split('/')
    const found = this.#switches.get(name)
    if (found !== undefined && (typeof place === 'string' || place === found)) return found
    const { nics } = this.#hostAt(typeof place === 'string' ? name : place)
    if (label !== undefined) {
      const nic = nics.find((n) => n.label === label)
      if (nic === undefined) throw new SimError('UNKNOWN', `${name} has no interface ${label}`)
      return nic
    }
    const only = nics.length === 1 ? nics[0] : this.#sharedNIC(nics, other)
    if (only === undefined)
      throw new SimError('UNPLACED', `it is not clear by which interface ${name} is linked: say ${name}/eth0`)
    return only
  }

  // The one interface that has a network in common with another host.
  #sharedNIC(nics: readonly NIC[], other: Place): NIC | undefined {
    const name = typeof other === 'string' ? other.split('/')[0] : other.name
    const theirs = this.#hosts.get(name ?? '')?.nics.flatMap((nic) => nic.addrs) ?? []
    const shared = nics.filter((nic) =>
      nic.addrs.some((p) => theirs.some((q) => q.net.toString() === p.net.toString())),
    )
    return shared.length === 1 ? shared[0] : undefined
  }

  #pairs(a: Place | readonly Place[], b: Place | readonly Place[]): [string, string][] {
    this.#checkOpen()
    const names = (x: Place | readonly Place[]): string[] =>
      (Array.isArray(x) ? (x as readonly Place[]) : [x as Place]).map((place) => this.#hostAt(place).name)
    return names(a).flatMap((x) => names(b).map((y): [string, string] => [x, y]))
  }

  // What failed is told with the seed that brings it about again, and what is wrong with the run with the end of the trace.
  #told(e: unknown): unknown {
    if (!isError(e)) return e
    const note = `(seed ${this.seed}: SIM_SEED=${this.seed} brings it about again)`
    if (e.message.includes(note)) return e
    const isOfRun = e instanceof SimError && e.code !== 'NESTED'
    const tail = isOfRun ? `\n${waitsText(this.#hosts.values())}${this.trace.tail(TAIL)}` : ''
    const before = e.message
    e.message = `${before} ${note}${tail}`
    if (e.stack !== undefined) e.stack = e.stack.replace(before, () => e.message)
    return e
  }
}

function hostOf(nic: NIC | undefined): string | null {
  return nic === undefined ? null : nic.name.slice(0, nic.name.indexOf('/'))
}
