// The levels and names of setsockopt(2) are those of netinet/in.h on linux, and on darwin and the BSDs.
import type { RawConn } from '@net/contract'

const IPPROTO_IP = 0
const IPPROTO_IPV6 = 41

interface OptionNames {
  readonly IP_TTL: number
  readonly IP_TOS: number
  readonly IPV6_UNICAST_HOPS: number
  readonly IPV6_TCLASS: number
}

const linux: OptionNames = { IP_TTL: 2, IP_TOS: 1, IPV6_UNICAST_HOPS: 16, IPV6_TCLASS: 67 }
const bsd: OptionNames = { IP_TTL: 4, IP_TOS: 3, IPV6_UNICAST_HOPS: 4, IPV6_TCLASS: 61 }
const systems: Partial<Record<string, OptionNames>> = {
  linux,
  darwin: { ...bsd, IPV6_TCLASS: 36 },
  freebsd: bsd,
  openbsd: bsd,
}

/**
 * Sets the time to live and the type of service of a socket, null leaving what it has. A target without
 * descriptors, and a system that is not known, leave both: the control messages for them are advice, and
 * answered all the same.
 */
export function setHopLimits(conn: { syscallConn(): RawConn }, ttl: number | null, tos: number | null): void {
  const names = systems[process.platform]
  if (names === undefined || (ttl === null && tos === null)) return
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
