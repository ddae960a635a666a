import { checkTimeout } from '@net/io'
import { DNSClient } from '../client/dns_client.ts'
import { connSockets } from '../client/conn_socket.ts'
import { noDial } from '../client/server_dial.ts'
import { Configuration, type ConfigurationSources, type Source } from './configuration.ts'
import { HostsFile, type Hosts } from '../files/hosts.ts'
import { NSSwitchFile } from '../files/nsswitch.ts'
import { RandomNumbers } from '../order/random.ts'
import {
  holdsForAll,
  hostLookupOrder,
  type LookupOrder,
  type OrderChoice,
  type OrderConditions,
} from '../order/order.ts'
import { platform } from '../files/platform.ts'
import { ProtocolsFile, type Protocols } from '../files/protocols.ts'
import { defaultResolvConf, machineName, ResolvConfFile } from '../files/resolv_conf.ts'
import type { ResolverOptions, SourceAddrs } from './resolver_options.ts'
import { ServicesFile, type Services } from '../files/services.ts'
import { hostSystem, type SystemResolver } from './system.ts'
import { fileExists } from '../files/system_file.ts'

// All resolvers share the readers of the system's files, so that each is parsed once.
const files = {
  hosts: new HostsFile(),
  resolvConf: new ResolvConfFile(),
  services: new ServicesFile(),
  protocols: new ProtocolsFile(),
  nsswitch: new NSSwitchFile(),
}

/**
 * The variables that the choice of means depends on. One is read when a choice first needs it, as hosts
 * such as Deno ask permission for each, and kept, as reading one costs more than the rest of the choice.
 */
class Environment {
  readonly [name: string]: string | undefined
  readonly #read = new Map<string, string | undefined>()

  get LOCALDOMAIN(): string | undefined {
    return this.#get('LOCALDOMAIN')
  }

  get RES_OPTIONS(): string | undefined {
    return this.#get('RES_OPTIONS')
  }

  get HOSTALIASES(): string | undefined {
    return this.#get('HOSTALIASES')
  }

  get ASR_CONFIG(): string | undefined {
    return this.#get('ASR_CONFIG')
  }

  #get(name: string): string | undefined {
    if (!this.#read.has(name)) this.#read.set(name, process.env[name])
    return this.#read.get(name)
  }
}

/** What a resolver finds around it: files, servers, the system's resolver, and the choice between them. */
export class LookupMeans {
  /** Asks DNS servers. */
  readonly client: DNSClient
  /** The system's resolver, or null. */
  readonly system: SystemResolver | null
  /** Whether names that are not ASCII are asked for in A-labels. */
  readonly idna: boolean
  /** Tells the sources of addresses, or null. */
  readonly sourceAddrs: SourceAddrs | null
  readonly #options: ResolverOptions
  /** What the files said when an order was last asked for. */
  configuration: Configuration
  readonly #sources: ConfigurationSources
  readonly #services: Source<Services>
  readonly #protocols: Source<Protocols>
  readonly #conditions: OrderConditions
  #choice: OrderChoice | null = null // the last one, if it holds for all hosts

  /** Takes the options of a resolver. */
  constructor(options: ResolverOptions) {
    const {
      dial = noDial,
      hosts,
      resolvConf,
      services,
      protocols,
      nsswitch,
      timeout,
      cache = null,
      debug,
    } = options
    checkTimeout(timeout ?? 0)
    this.#options = options
    this.#services = sourceOf(services, files.services, (path) => new ServicesFile(path))
    this.#protocols = sourceOf(protocols, files.protocols, (path) => new ProtocolsFile(path))
    const conf = typeof resolvConf === 'object' ? { ...defaultResolvConf, ...resolvConf } : resolvConf
    this.#sources = {
      hosts:
        typeof hosts === 'object'
          ? given(hosts)
          : typeof hosts === 'string'
            ? new HostsFile(hosts)
            : files.hosts,
      resolvConf: sourceOf(conf, files.resolvConf, (path) => new ResolvConfFile(path)),
      nsswitch: sourceOf(nsswitch, files.nsswitch, (path) => new NSSwitchFile(path)),
    }
    this.configuration = new Configuration(this.#sources)
    this.system = options.system === undefined ? hostSystem : options.system
    this.idna = options.idna ?? false
    this.sourceAddrs = options.sourceAddrs ?? null
    const { strictErrors = false, shareSockets = false, edns0 = true } = options
    this.client = new DNSClient({
      dial,
      open: options.openPackets ?? connSockets(dial),
      random: new RandomNumbers(options.fillRandom ?? null),
      resolvConf: () => this.#sources.resolvConf.get(),
      cache,
      strictErrors,
      shareSockets,
      edns0,
      debug,
    })
    this.#conditions = {
      preferSystem: this.system === null ? false : options.preferSystem,
      platform,
      env: new Environment(),
      resolvConf: () => this.configuration.conf,
      nss: () => this.configuration.nss,
      machineName,
      mdnsAllow: () => fileExists('/etc/mdns.allow'),
    }
  }

  /** What the hosts file says; a promise while a large one is being read. */
  hosts(): Hosts | Promise<Hosts> {
    return this.#sources.hosts.load()
  }

  /** What the services file says. */
  get services(): Services {
    return this.#services.get()
  }

  /** What the protocols file says. */
  get protocols(): Protocols {
    return this.#protocols.get()
  }

  /** Chooses the means to look up a host, '' for an address. Whoever knows that it is a domain name says so. */
  order(host: string, isDomainName = false): LookupOrder {
    if (!this.configuration.isCurrent) this.#look()
    const isSpecial = !isDomainName && special.test(host)
    const choice = isSpecial ? null : this.#choice
    const { order, reason } = choice ?? this.#choose(host, isSpecial)
    this.#options.debug?.({ type: 'order', host, order, reason })
    return order
  }

  #choose(host: string, isSpecial: boolean): OrderChoice {
    const { preferSystem, dial } = this.#options
    if (this.system !== null && dial === undefined && preferSystem === undefined)
      return { order: 'system', reason: 'there is no dial to reach DNS servers with' }
    const choice = hostLookupOrder(this.#conditions, host)
    const files = this.configuration
    if (!isSpecial && files.hasReadNSS && holdsForAll(files.nss)) this.#choice = choice
    return choice
  }

  /** Looks at the files again. */
  #look(): void {
    const before = this.configuration
    this.configuration = new Configuration(this.#sources)
    if (this.#choice !== null && !this.configuration.confirms(before)) this.#choice = null
  }

  /**
   * Chooses the means for what the system's resolver does not tell, such as canonical names: it is not one
   * of them.
   */
  ownOrder(host: string): LookupOrder {
    const order = this.order(host)
    return order === 'system' ? 'files,dns' : order
  }
}

/** Characters that may have names looked up by other means. */
const special = /[\\%]/

function sourceOf<T extends object>(
  what: string | T | undefined,
  system: Source<T>,
  open: (path: string) => Source<T>,
): Source<T> {
  if (typeof what === 'object') return given(what)
  return what === undefined ? system : open(what)
}

/** The source of what a program says itself, in the place of a file. */
function given<T>(value: T): Source<T> & { load(): T } {
  return { get: () => value, load: () => value, trustedUntil: Infinity }
}
