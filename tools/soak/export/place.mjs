// Where the parties of an attack are, all of them on this machine: an address each, which makes each a peer
// of its own.
import { parseIP, TCPAddr } from '@net/addr'
import { checkNear } from '@net/peers'
import { posix } from '@net/posix'
import { tlsToExport } from '@net/netfs'

export const target = posix({ spin: 'off' })
export const HONEST = '127.0.0.1'

/** The keys of an export over TLS. */
export const keys = { honest: Buffer.alloc(32, 1) }

/** The address of an attacker, of which there are up to 250. */
export const attacker = (n = 0) => `127.66.0.${n + 1}`

/** Dials a port of this machine from an address of this machine. */
export async function dial(port, from) {
  checkNear(from)
  return target.dialTCP('tcp4', new TCPAddr(parseIP(from), 0), new TCPAddr(parseIP(HONEST), port))
}

/** Dials an export as an honest client does. */
export async function dialExport(port, tls) {
  const conn = await dial(port, HONEST)
  return tls ? tlsToExport(conn, { identity: 'honest', key: keys.honest }) : conn
}
