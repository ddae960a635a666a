import { afterAll, describe, expect, test } from 'vitest'
import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
import type { Target } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted, posix } from '../src/index.ts'
import { Connected } from './connected.ts'

await (await Connected.dial())[Symbol.asyncDispose]()
const check = ledger(keepLeaks())
afterAll(() => check())

const unfit = (ip: string): string => `address ${ip}: non-IPv4 address`

type Case = [network: string, local: string, remote: string | null, error: string]

// What a socket of IPv4 alone is given of IPv6, and one of IPv6 alone of IPv4.
const cases: Case[] = [
  ['tcp4', '::1', '127.0.0.1', unfit('::1')],
  ['tcp4', '::', '127.0.0.1', unfit('::')],
  ['tcp4', '127.0.0.1', '::1', unfit('::1')],
  ['tcp6', '127.0.0.1', '::1', ''],
  ['tcp6', '::1', '127.0.0.1', 'connect: network is unreachable'],
  ['tcp', '127.0.0.1', '::1', 'connect: address family not supported by protocol'],
  ['tcp', '::1', '127.0.0.1', 'connect: network is unreachable'],
  ['tcp4', '::1', null, unfit('::1')],
  ['tcp4', '::', null, unfit('::')],
  ['tcp6', '127.0.0.1', null, 'bind: invalid argument'],
  ['udp4', '::1', '127.0.0.1', unfit('::1')],
  ['udp4', '::', '127.0.0.1', unfit('::')],
  ['udp4', '127.0.0.1', '::1', unfit('::1')],
  ['udp', '127.0.0.1', '::1', 'connect: address family not supported by protocol'],
  ['udp', '::1', '127.0.0.1', 'connect: network is unreachable'],
  ['udp4', '::1', null, unfit('::1')],
  ['udp4', '::', null, unfit('::')],
]

interface Closer {
  close(): Promise<void>
}

/** Dials from the local address or, where there is no remote one, listens on it. */
async function make(
  target: Target,
  network: string,
  local: string,
  remote: string | null,
  port: number,
): Promise<Closer> {
  if (network.startsWith('tcp')) {
    const laddr = new TCPAddr(parseIP(local), 0)
    const tcp = network as 'tcp'
    if (remote === null) return await target.listenTCP(tcp, laddr)
    return await target.dialTCP(tcp, laddr, new TCPAddr(parseIP(remote), port))
  }
  const laddr = new UDPAddr(parseIP(local), 0)
  const udp = network as 'udp'
  if (remote === null) return await target.listenUDP(udp, laddr)
  return await target.dialUDP(udp, laddr, new UDPAddr(parseIP(remote), port))
}

describe.each([
  ['the kernel', posix()],
  ['the host', hosted()],
])('a socket of %s', (_name, target) => {
  test.each(cases)('%s from %s to %s is refused', async (network, local, remote, error) => {
    await using listener = await target.listenTCP('tcp', new TCPAddr(parseIP(remote ?? '::1'), 0))
    const made = make(target, network, local, remote, listener.addr.port)
    const message = await made.then(
      async (c) => {
        await c.close()
        return 'nothing was refused'
      },
      (e: unknown) => String(e),
    )
    expect(message).toContain(error)
    expect(message).not.toBe('nothing was refused')
  })
})
