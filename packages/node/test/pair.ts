import { ipv4, parseIP, splitHostPort, TCPAddr } from '@net/addr'
import type { Listener, Target, TCPConn } from '@net/contract'
import { hosted, posix } from '@net/posix'

/** The stacks that tests run over. */
export const targets = [posix(), hosted()]

/** A free port on loopback. */
export const loopback = new TCPAddr(ipv4(127, 0, 0, 1), 0)

/** Both ends of a TCP connection. */
export async function pairOf(target: Target): Promise<[TCPConn, TCPConn]> {
  const listener = await target.listenTCP('tcp', loopback)
  const ends = await Promise.all([target.dialTCP('tcp', null, listener.addr), listener.accept()])
  await listener.close()
  return ends
}

/** Dials a TCP listener. */
export async function dialOf(target: Target, { addr }: Listener): Promise<TCPConn> {
  if (!(addr instanceof TCPAddr)) throw new TypeError('the listener is none of TCP')
  return target.dialTCP('tcp', null, addr)
}

/** The address that 'host:port' names in numbers. */
export function parseTCPAddr(address: string): TCPAddr {
  const { host, port } = splitHostPort(address)
  return new TCPAddr(parseIP(host), Number(port))
}
