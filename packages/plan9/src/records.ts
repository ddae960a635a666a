import { parseIP, UnknownNetworkError } from '@net/addr'
import {
  asError,
  DNSError,
  type IOOptions,
  type MX,
  type NetFS,
  type NS,
  type SRV,
  isError,
} from '@net/contract'
import { isOver } from '@net/io'
import { absDomainName, byPref, byPriorityWeight, fields, leadingNumber, reverseAddr } from '@net/resolve'
import { queryCS } from './file/cs.ts'
import { isSessionOver } from './file/errors.ts'
import { CS_ANSWER, DNS_ANSWER, query } from './file/query.ts'

// The words of a dns that has looked and found nothing.
const notFound = [
  'dns: name does not exist',
  'dns: resource does not exist; negrcode 0',
  'dns: resource does not exist; negrcode',
  'dns failure',
]

/**
 * What cs and dns answer, read as Go reads it; the names in it are not looked at. Errors are
 * {@link DNSError}s.
 */
export class Records {
  readonly #fs: NetFS

  /** Makes the lookups of a tree. */
  constructor(fs: NetFS) {
    this.#fs = fs
  }

  /** The addresses of a host, each once. cs is asked, since it knows the names of the local network too. */
  async lookupHost(host: string, options?: IOOptions): Promise<string[]> {
    const lines = await this.#cs('net', host, '1', options).catch(fail(host, options))
    const addrs = rows(lines, 2).map(([, addr = '']) => addr.replace(/!.*/s, ''))
    return [...new Set(addrs.filter((addr) => parseIP(addr) !== null))]
  }

  /** The port of a service by its name. */
  async lookupPort(network: string, service: string, options?: IOOptions): Promise<number> {
    if (network === 'ip') {
      return await this.lookupPort('tcp', service, options).catch(async (e: unknown) => {
        if (isOver(options)) throw e
        return await this.lookupPort('udp', service, options)
      })
    }
    const family = /^(tcp|udp)[46]?$/.exec(network)?.[1]
    if (family === undefined) throw new DNSError('unknown network', `${network}/${service}`)
    const unknown = new DNSError('unknown port', `${family}/${service}`, { isNotFound: true })
    const lower = service.replace(/[A-Z]/g, (c) => c.toLowerCase())
    const lines = await this.#cs(family, '127.0.0.1', lower, options).catch((e: unknown): never => {
      throw isError(e) && e.message.endsWith("can't translate service") ? unknown : e
    })
    const [, addr = ''] = fields(lines[0] ?? '')
    const { value: port, ok } = leadingNumber(addr.slice(addr.indexOf('!') + 1))
    if (!ok) throw unknown
    return port
  }

  /** The canonical name of a host. */
  async lookupCNAME(name: string, options?: IOOptions): Promise<string> {
    let lines: string[]
    try {
      lines = await this.#dns(name, 'cname', options)
    } catch (e) {
      // A name without such a record is its own canonical name.
      const said = isError(e) ? e.message : ''
      if (notFound.slice(1).some((words) => said.endsWith(words))) return absDomainName(name)
      return fail('', options)(e) // Go's error has no name here
    }
    const [, , cname] = fields(lines[0] ?? '')
    if (cname === undefined) throw new Error('bad response from ndb/dns')
    return `${cname}.`
  }

  /** The SRV records of a service, or of `name` when service and proto are empty. */
  async lookupSRV(
    service: string,
    proto: string,
    name: string,
    options?: IOOptions,
  ): Promise<{ cname: string; addrs: SRV[] }> {
    const target = service === '' && proto === '' ? name : `_${service}._${proto}.${name}`
    const lines = await this.#dns(target, 'srv', options).catch(fail(name, options))
    const addrs: SRV[] = []
    let cname = ''
    for (const [owner = '', , ...rest] of rows(lines, 6)) {
      // Weight before priority is the order that Go reads.
      const [weight, priority, port] = rest.slice(0, 3).map((field) => leadingNumber(field))
      if (!weight?.ok || !priority?.ok || !port?.ok) continue
      const host = absDomainName(rest[3] ?? '')
      addrs.push({
        target: host,
        port: uint16(port.value),
        priority: uint16(priority.value),
        weight: uint16(weight.value),
      })
      cname = absDomainName(owner)
    }
    return { cname, addrs: byPriorityWeight(addrs) }
  }

  /** The MX records of a domain. */
  async lookupMX(name: string, options?: IOOptions): Promise<MX[]> {
    const lines = await this.#dns(name, 'mx', options).catch(fail(name, options))
    const records = rows(lines, 4).flatMap(([, , first = '', host = '']): MX[] => {
      const { value: pref, ok } = leadingNumber(first)
      return ok ? [{ host: absDomainName(host), pref: uint16(pref) }] : []
    })
    return byPref(records)
  }

  /** The NS records of a domain. */
  async lookupNS(name: string, options?: IOOptions): Promise<NS[]> {
    const lines = await this.#dns(name, 'ns', options).catch(fail(name, options))
    return rows(lines, 3).map(([, , host = '']) => ({ host: absDomainName(host) }))
  }

  /** The TXT records of a domain: what follows the first tab of each answer. */
  async lookupTXT(name: string, options?: IOOptions): Promise<string[]> {
    const lines = await this.#dns(name, 'txt', options).catch(fail(name, options))
    return lines.filter((line) => line.includes('\t')).map((line) => line.slice(line.indexOf('\t') + 1))
  }

  /** The names of an address. */
  async lookupAddr(addr: string, options?: IOOptions): Promise<string[]> {
    const lines = await this.#dns(reverseAddr(addr), 'ptr', options).catch(fail(addr, options))
    return rows(lines, 3).map(([, , name = '']) => absDomainName(name))
  }

  /** The number of an IP protocol. */
  async lookupProtocol(name: string, options?: IOOptions): Promise<number> {
    const lower = name.replace(/[A-Z]/g, (c) => c.toLowerCase())
    const lines = await query(this.#fs, 'cs', `!protocol=${lower}`, CS_ANSWER, options)
    const [, pair = ''] = fields(lines[0] ?? '')
    const { value: proto, ok } = leadingNumber(pair.slice(pair.indexOf('=') + 1))
    if (!ok) throw new UnknownNetworkError(name)
    return proto
  }

  #cs(network: string, host: string, service: string, options?: IOOptions): Promise<string[]> {
    return queryCS(this.#fs, network, host, service, options)
  }

  #dns(name: string, type: string, options?: IOOptions): Promise<string[]> {
    return query(this.#fs, 'dns', `${name} ${type}`, DNS_ANSWER, options)
  }
}

// The fields of each line that has enough of them.
function rows(lines: readonly string[], least: number): string[][] {
  return lines.map(fields).filter((f) => f.length >= least)
}

function uint16(n: number): number {
  return n & 0xffff
}

/** Throws the DNSError of what a lookup of `name` failed with; the reason of its signal goes through. */
function fail(name: string, options: IOOptions | undefined): (e: unknown) => never {
  return (e) => {
    if (isOver(options)) throw e
    throw treeError(name, e)
  }
}

/**
 * The error of a lookup of `name` that a tree failed, in its words. A tree whose session is over may be
 * dialled anew.
 */
export function treeError(name: string, e: unknown): DNSError {
  const cause = asError(e)
  if (notFound.some((words) => cause.message.endsWith(words)))
    return new DNSError('no such host', name, { isNotFound: true, cause })
  return new DNSError(cause.message, name, { isTemporary: isSessionOver(cause), cause })
}

/** The number that a service is given as, with an optional sign, '' being 0; null when it is a name. */
export function parsePort(service: string): number | null {
  if (!/^[+-]?\d*$/.test(service)) return null
  const n = Number.parseInt(service.replace(/^[+-]$/, ''), 10)
  return Number.isNaN(n) ? 0 : n
}
