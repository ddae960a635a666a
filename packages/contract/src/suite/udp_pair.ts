import { type IP, UDPAddr } from '@net/addr'
import { isError } from '../index.ts'
import type { UDPSockGroup } from '../udpsock.ts'
import { fail } from './assert.ts'
import type { ConnPair } from './conn_maker.ts'
import { closeAll } from './part.ts'

const TRIES = 10

/**
 * Makes two UDP connections, each bound to the port that the other is connected to. Both ports are free when they are
 * chosen; where another process takes one before it is bound, two others are chosen.
 */
export async function udpPair(
  group: UDPSockGroup,
  network: 'udp' | 'udp4' | 'udp6',
  ip: IP | null,
): Promise<ConnPair> {
  for (let tries = 0; tries < TRIES; tries++) {
    // Both are held at once, for a port that is given back can be the next one chosen.
    const holders = [await listen(group, network, ip), await listen(group, network, ip)] as const
    const [a, b] = [holders[0].localAddr, holders[1].localAddr]
    await closeAll(holders)
    const c1 = await group.dialUDP(network, a, b).catch(taken)
    const c2 = await group.dialUDP(network, b, a).catch(taken)
    if (c1 !== null && c2 !== null) return { c1, c2, stop: () => closeAll([c1, c2]) }
    await closeAll([c1, c2].filter((c) => c !== null))
  }
  return fail(`${TRIES} pairs of free ports were taken by others`)
}

function listen(
  group: UDPSockGroup,
  network: 'udp' | 'udp4' | 'udp6',
  ip: IP | null,
): ReturnType<UDPSockGroup['listenUDP']> {
  return group.listenUDP(network, new UDPAddr(ip, 0))
}

/** Null for an address that is in use; throws every other error on. */
function taken(e: unknown): null {
  if (isError(e) && 'code' in e && e.code === 'EADDRINUSE') return null
  throw e
}
