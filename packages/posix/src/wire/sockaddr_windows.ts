import { IP } from '@net/addr'
import { windows } from '../abi/windows.ts'
import { viewOf } from './netlink.ts'

/*
 * sockaddr_in and sockaddr_in6 of ws2def.h and ws2ipdef.h. Ports are in network order.
 *   0        2      4         8
 *   +--------+------+---------+- - - - - 16
 *   | AF_INET| port | address |
 *   +---------+------+----------+---------+----------+ 28
 *   | AF_INET6| port | flowinfo | address | scope id |
 *   +---------+------+----------+---------+----------+
 *   0         2      4          8         24
 */

/** The size of a buffer that takes the address of any family. */
export const SOCKADDR_SIZE = 28

/** The structure of an IP version for an address without a port; `scope` is the number of an IPv6 zone. */
export function encodeSockaddr(version: 4 | 6, ip: IP, scope: number): Uint8Array {
  const [family, size, at] = version === 4 ? [windows.AF_INET, 16, 4] : [windows.AF_INET6, SOCKADDR_SIZE, 8]
  const bytes = new Uint8Array(size)
  const view = viewOf(bytes)
  view.setUint16(0, family, true)
  bytes.set((version === 4 ? ip.to4() : ip.to16())?.bytes() ?? [], at)
  if (version === 6) view.setUint32(24, scope, true)
  return bytes
}

/** The address in a structure, with the number of its zone, 0 for none. */
export function decodeSockaddr(bytes: Uint8Array): { ip: IP; scope: number } {
  const view = viewOf(bytes)
  if (view.getUint16(0, true) === windows.AF_INET) return { ip: IP.from(bytes.subarray(4, 8)), scope: 0 }
  return { ip: IP.from(bytes.subarray(8, 24)), scope: view.getUint32(24, true) }
}
