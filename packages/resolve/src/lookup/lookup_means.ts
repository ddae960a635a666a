import { checkTimeout } from '@net/io'
import { DNSClient } from '../client/dns_client.ts'
import { connSockets } from '../client/conn_socket.ts'
import { noDial } from '../client/server_dial.ts'
import { HostsFile, type Hosts } from '../files/hosts.ts'
import { NSSwitchFile, type NSSConf } from '../files/nsswitch.ts'
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
import { defaultResolvConf, machineName, ResolvConfFile, type ResolvConf } from '../files/resolv_conf.ts'
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

/** What the files said that a choice of means has looked at; null for one that it did not. */
interface Seen {
  conf: ResolvConf | null
  nss: NSSConf | null
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
  /** What the hosts file says; a promise while a large one is being read. */
  readonly hosts: () => Hosts | Promise<Hosts>
  readonly #services: () => Services
  readonly #protocols: () => Protocols
  readonly #nss: () => NSSConf
  readonly #conditions: OrderConditions
  #choice: OrderChoice | null = null // the last one, if it holds for all hosts
  #seen: Seen = { conf: null, nss: null }

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
    const hostsFile = typeof hosts === 'string' ? new HostsFile(hosts) : files.hosts
    this.hosts = typeof hosts === 'object' ? () => hosts : () => hostsFile.load()
    this.#services = reader(services, files.services, (path) => new ServicesFile(path))
    this.#protocols = reader(protocols, files.protocols, (path) => new ProtocolsFile(path))
    this.#nss = reader(nsswitch, files.nsswitch, (path) => new NSSwitchFile(path))
    const conf = typeof resolvConf === 'object' ? { ...defaultResolvConf, ...resolvConf } : resolvConf
    const readResolvConf = reader(conf, files.resolvConf, (path) => new ResolvConfFile(path))
    this.system = options.system === undefined ? hostSystem : options.system
    this.idna = options.idna ?? false
    this.sourceAddrs = options.sourceAddrs ?? null
    const { strictErrors = false, shareSockets = false, edns0 = true } = options
    this.client = new DNSClient({
      dial,
      open: options.openPackets ?? connSockets(dial),
      random: new RandomNumbers(options.fillRandom ?? null),
      resolvConf: readResolvConf,
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
      resolvConf: () => (this.#seen.conf = readResolvConf()),
      nss: () => (this.#seen.nss = this.#nss()),
      machineName,
      mdnsAllow: () => fileExists('/etc/mdns.allow'),
    }
  }

  /** What the services file says. */
  get services(): Services {
    return this.#services()
  }

  /** What the protocols file says. */
  get protocols(): Protocols {
    return this.#protocols()
  }

  /** Chooses the means to look up a host, '' for an address. */
  order(host: string): LookupOrder {
    const { preferSystem, dial, debug } = this.#options
    if (this.system !== null && dial === undefined && preferSystem === undefined) {
      debug?.({ type: 'order', host, order: 'system', reason: 'there is no dial to reach DNS servers with' })
      return 'system'
    }
    const { order, reason } = this.#choose(host)
    debug?.({ type: 'order', host, order, reason })
    return order
  }

  #choose(host: string): OrderChoice {
    const last = this.#choice
    const isSpecial = special.test(host)
    if (last !== null && !isSpecial && this.client.conf === this.#seen.conf && this.#nss() === this.#seen.nss)
      return last
    this.#seen = { conf: null, nss: null }
    const choice = hostLookupOrder(this.#conditions, host)
    const { nss } = this.#seen
    this.#choice = !isSpecial && nss !== null && holdsForAll(nss) ? choice : null
    return choice
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

function reader<T extends object>(
  given: string | T | undefined,
  system: { get(): T },
  open: (path: string) => { get(): T },
): () => T {
  if (typeof given === 'object') return () => given
  const file = given === undefined ? system : open(given)
  return () => file.get()
}
