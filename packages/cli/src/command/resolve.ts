import {
  joinHostPort,
  Net,
  parseIP,
  resolverOver,
  splitHostPort,
  type Addr,
  type IOOptions,
  type Resolver,
} from '@net/core'
import { Option } from 'commander'
import { define } from '../session/command.ts'
import { netOption, networkOf } from '../session/option.ts'
import { isNetwork } from '../session/place.ts'
import { lookupTrace, type Debug } from '../names/lookup_trace.ts'
import { records, recordTypes, type Found } from '../names/records.ts'
import type { Session, SessionOptions } from '../session/session.ts'
import { UsageError } from '../session/usage_error.ts'

interface ResolveOptions extends SessionOptions {
  readonly net?: string
  readonly server?: string
  readonly ttl?: boolean
  readonly type?: string
}

/**
 * `netx resolve`: prints the addresses of hosts, other records of names, or the address that a network would
 * use.
 */
export const resolve = define<ResolveOptions>({
  name: 'resolve',
  summary: 'look up names',
  description:
    'Prints the addresses of hosts or other records of names, or the address that a network would use.',
  argument: ['<name...>', 'what to look up; or a network and an address, as tcp localhost:http'],
  options: () => [
    new Option('--type <type>', `what to look up: ${recordTypes.join(', ')}, or type99 (default: ip)`),
    new Option('--ttl', 'print whole records, with the seconds that they may be kept'),
    new Option('--server <address>', 'the DNS server to ask, in place of what the system says'),
    netOption,
  ],
  timeout: 'how long it may take',
  notes: 'Lines begin with the name where there are several. A name that is not found makes the exit code 1.',
  examples: [
    ['netx resolve localhost', 'prints its addresses'],
    [
      'netx resolve --type mx --ttl --server 127.0.0.1 example.com example.org',
      'asks a server who takes mail',
    ],
  ],
  work: run,
})

async function run(session: Session, args: readonly string[], options: ResolveOptions): Promise<void> {
  const [first = '', address] = args
  await using over = await networkOf(options.net, session.ending)
  const debug = session.isTraced ? lookupTrace(session) : undefined
  const resolver = resolverOf(over.net, options, debug)
  const isAsked = resolver !== null && (options.server !== undefined || session.isTraced)
  const net = isAsked ? new Net(over.net.target, { resolver }) : over.net
  const { ending } = session
  if (isNetwork(first) && address !== undefined) {
    if (args.length > 2) throw new UsageError('resolve wants one address of a network')
    if (options.type !== undefined) throw new UsageError('--type is for names')
    const addr = await one(net, first, address, ending)
    session.answer([addr.toString()], { network: first, address: addr.toString() })
    return
  }
  const lookups = args.map((name) => records(net, resolver, options.type ?? 'ip', name, ending))
  await Promise.allSettled(lookups)
  for (const [i, lookup] of lookups.entries()) {
    try {
      for (const found of await lookup) {
        const several = args.length > 1 ? `${args[i] ?? ''} ` : ''
        session.answer([options.ttl === true ? whole(found) : several + found.data], found)
      }
    } catch (e) {
      if (e instanceof UsageError || ending.isOver) throw e
      session.fail(e)
    }
  }
}

function whole({ name, ttl, type, data }: Found): string {
  return [name, ttl ?? '-', type, data].join(' ')
}

const DNS_ONLY = new Map([['hosts', [{ source: 'dns', criteria: [] }]]])

/**
 * What is asked for records: the server that is named and no file, or what the system asks; null leaves it to
 * the `/net`.
 */
function resolverOf(
  { target }: Net,
  { net, server }: ResolveOptions,
  debug: Debug | undefined,
): Resolver | null {
  if (server === undefined)
    return net === undefined ? resolverOver(target, { preferSystem: false, debug }) : null
  return resolverOver(target, {
    debug,
    resolvConf: { servers: [addressOf(server)] },
    nsswitch: { sources: DNS_ONLY, error: null },
    preferSystem: false,
  })
}

const PORT = 53 // of DNS

function addressOf(server: string): string {
  if (parseIP(server) !== null) return joinHostPort(server, PORT)
  const { host } = splitHostPort(server)
  if (parseIP(host) === null) throw new UsageError('--server wants an IP address, with a port or without')
  return server
}

function one(net: Net, network: string, address: string, options: IOOptions): Promise<Addr> {
  if (network.startsWith('udp')) return net.resolveUDPAddr(network, address, options)
  if (network.startsWith('unix')) return net.resolveUnixAddr(network, address)
  if (network.startsWith('ip')) return net.resolveIPAddr(network, address, options)
  return net.resolveTCPAddr(network, address, options)
}
