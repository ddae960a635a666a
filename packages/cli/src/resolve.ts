import { parseArgs } from 'node:util'
import { joinHostPort, Net, parseIP, resolverOver, splitHostPort, type Addr } from '@net/core'
import type { Terminal } from './exchange.ts'
import { networkOf } from './option.ts'
import { records } from './records.ts'
import { UsageError } from './usage.ts'

/** `netx resolve`: prints the addresses of a host, other records of a name, or the address that a network would use. */
export async function resolve(args: string[], { output }: Terminal): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { net: { type: 'string' }, server: { type: 'string' }, type: { type: 'string' } },
  })
  const [first, address, ...rest] = positionals
  if (first === undefined || rest.length > 0)
    throw new UsageError('resolve wants a name, or a network and an address')
  if (address !== undefined && values.type !== undefined)
    throw new UsageError('resolve wants a name alone with --type')
  await using over = networkOf(values.net)
  const net = values.server === undefined ? over.net : asking(over.net, values.server)
  if (address === undefined) {
    for (const line of await records(net, values.type ?? 'ip', first)) output.write(`${line}\n`)
  } else {
    output.write(`${(await one(net, first, address)).toString()}\n`)
  }
}

/** The same network, with names asked of one DNS server and of no file. */
function asking(net: Net, server: string): Net {
  const resolver = resolverOver(net.target, {
    resolvConf: { servers: [addressOf(server)] },
    nsswitch: { sources: new Map([['hosts', [{ source: 'dns', criteria: [] }]]]), error: null },
    preferSystem: false,
  })
  return new Net(net.target, { resolver })
}

const PORT = 53 // of DNS

function addressOf(server: string): string {
  if (parseIP(server) !== null) return joinHostPort(server, PORT)
  const { host } = splitHostPort(server)
  if (parseIP(host) === null) throw new UsageError('--server wants an IP address, with a port or without')
  return server
}

function one(net: Net, network: string, address: string): Promise<Addr> {
  if (network.startsWith('udp')) return net.resolveUDPAddr(network, address)
  if (network.startsWith('unix')) return net.resolveUnixAddr(network, address)
  if (network.startsWith('ip')) return net.resolveIPAddr(network, address)
  return net.resolveTCPAddr(network, address)
}
