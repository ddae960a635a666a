import {
  lookupHost,
  resolveIPAddr,
  resolveTCPAddr,
  resolveUDPAddr,
  resolveUnixAddr,
  type Addr,
} from '@net/core'
import type { Terminal } from './exchange.ts'
import { UsageError } from './usage.ts'

/** `netx resolve`: prints the addresses of a host, or the address that a network would use. */
export async function resolve(args: string[], { output }: Terminal): Promise<void> {
  const [first, address, ...rest] = args
  if (first === undefined || rest.length > 0)
    throw new UsageError('resolve wants a host, or a network and an address')
  if (address === undefined) {
    for (const addr of await lookupHost(first)) output.write(`${addr}\n`)
  } else {
    output.write(`${(await one(first, address)).toString()}\n`)
  }
}

function one(network: string, address: string): Promise<Addr> {
  if (network.startsWith('udp')) return resolveUDPAddr(network, address)
  if (network.startsWith('unix')) return resolveUnixAddr(network, address)
  if (network.startsWith('ip')) return resolveIPAddr(network, address)
  return resolveTCPAddr(network, address)
}
