import type { RawConn } from '@net/contract'
import { system } from './system.ts'

const IPPROTO_IP = 0
const IPPROTO_IPV6 = 41

/**
 * Sets the time to live and the type of service of a socket, null leaving what it has. A target without
 * descriptors, and a system that is not known, leave both: the control messages for them are advice, and
 * answered all the same.
 */
export function setHopLimits(conn: { syscallConn(): RawConn }, ttl: number | null, tos: number | null): void {
  const names = system.hops
  if (names === null || (ttl === null && tos === null)) return
  let raw: RawConn
  try {
    raw = conn.syscallConn()
  } catch {
    return // the target has no descriptors
  }
  const options: [level: number, name: number, value: number | null][] = [
    [IPPROTO_IP, names.IP_TTL, ttl],
    [IPPROTO_IPV6, names.IPV6_UNICAST_HOPS, ttl],
    [IPPROTO_IP, names.IP_TOS, tos],
    [IPPROTO_IPV6, names.IPV6_TCLASS, tos],
  ]
  for (const [level, name, value] of options) {
    if (value === null) continue
    try {
      raw.setsockoptInt(level, name, value & 0xff)
    } catch {
      // A socket of one family refuses the options of the other, and all of them are only advice.
    }
  }
}
