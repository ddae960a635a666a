import { Hosts } from '../files/hosts.ts'
import type { NSSConf } from '../files/nsswitch.ts'
import type { ResolvConf } from '../files/resolv_conf.ts'

/** Tells what a file says now. */
export interface Source<T> {
  /** What the file says. */
  get(): T
  /** Until when that is believed, in milliseconds since the epoch. */
  readonly trustedUntil: number
}

/** Tells what a hosts file says now, by a promise while a large one is being read. */
export interface HostsSource extends Omit<Source<Hosts>, 'get'> {
  /** What the file says. */
  load(): Hosts | Promise<Hosts>
}

/** The files that lookups of hosts go by. */
export interface ConfigurationSources {
  readonly hosts: HostsSource
  readonly resolvConf: Source<ResolvConf>
  readonly nsswitch: Source<NSSConf>
}

/**
 * What the files say that lookups of hosts go by. Each is read when it is first asked for. All lookups share one for as long as none
 * of its files has to be looked at again: to ask each file took sixteen calls of a lookup, where this takes three.
 */
export class Configuration {
  readonly #sources: ConfigurationSources
  // The clock of the wall costs a tenth of the monotonic one; what was read before it was set back does not count.
  readonly #since = Date.now()
  #until = Infinity
  #hosts: Hosts | null = null
  #conf: ResolvConf | null = null
  #nss: NSSConf | null = null

  /** Reads nothing yet. */
  constructor(sources: ConfigurationSources) {
    this.#sources = sources
  }

  /** Whether no file has to be looked at again. */
  get isCurrent(): boolean {
    const now = Date.now()
    return now < this.#until && now >= this.#since
  }

  /** What the hosts file says. */
  get hosts(): Hosts | Promise<Hosts> {
    if (this.#hosts !== null) return this.#hosts
    const source = this.#sources.hosts
    const hosts = source.load()
    if (hosts instanceof Hosts) this.#hosts = this.#taken(hosts, source)
    return hosts
  }

  /** What resolv.conf says. */
  get conf(): ResolvConf {
    return (this.#conf ??= this.#read(this.#sources.resolvConf))
  }

  /** What nsswitch.conf says. */
  get nss(): NSSConf {
    return (this.#nss ??= this.#read(this.#sources.nsswitch))
  }

  /** Whether nsswitch.conf was asked for. */
  get hasReadNSS(): boolean {
    return this.#nss !== null
  }

  /** Whether what another one has read of resolv.conf and nsswitch.conf is what these say now. */
  confirms(other: Configuration): boolean {
    return (
      (other.#conf === null || other.#conf === this.conf) && (other.#nss === null || other.#nss === this.nss)
    )
  }

  #read<T>(source: Source<T>): T {
    return this.#taken(source.get(), source)
  }

  #taken<T>(value: T, { trustedUntil }: Pick<Source<T>, 'trustedUntil'>): T {
    this.#until = Math.min(this.#until, trustedUntil)
    return value
  }
}
