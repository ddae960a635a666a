import { parseArgs } from 'node:util'
import type { Addr, Net } from '@net/core'
import type { Terminal } from './exchange.ts'
import { networkOf } from './option.ts'
import { UsageError } from './usage.ts'

/** `netx resolve`: prints the addresses of a host, or the address that a network would use. */
export async function resolve(args: string[], { output }: Terminal): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { net: { type: 'string' } },
  })
  const [first, address, ...rest] = positionals
  if (first === undefined || rest.length > 0)
    throw new UsageError('resolve wants a host, or a network and an address')
  await using over = networkOf(values.net)
  if (address === undefined) {
    for (const addr of await over.net.lookupHost(first)) output.write(`${addr}\n`)
  } else {
    output.write(`${(await one(over.net, first, address)).toString()}\n`)
  }
}

function one(net: Net, network: string, address: string): Promise<Addr> {
  if (network.startsWith('udp')) return net.resolveUDPAddr(network, address)
  if (network.startsWith('unix')) return net.resolveUnixAddr(network, address)
  if (network.startsWith('ip')) return net.resolveIPAddr(network, address)
  return net.resolveTCPAddr(network, address)
}
