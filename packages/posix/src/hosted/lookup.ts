import { joinHostPort } from '@net/addr'
import type { LookupGroup } from '@net/contract'
import { lookupGroupOver, type ResolverOptions } from '@net/resolve'
import { hostHas } from './host_features.ts'
import { hostedTCPSockGroup } from './tcpsock.ts'
import { hostedUDPSockGroup } from './udpsock.ts'

/** Servers as the host tells them, as host:port: it leaves out port 53, and then the brackets too. */
export function serverAddrs(servers: readonly string[]): string[] {
  return servers.map((s) => (/^\[.*\]:\d+$|^[^:]+:\d+$/.test(s) ? s : joinHostPort(s, 53)))
}

// Windows has no resolv.conf, but the host knows its servers.
function windowsOptions(): ResolverOptions {
  return hostHas.resolvConf
    ? {}
    : { resolvConf: { servers: serverAddrs(process.getBuiltinModule('node:dns').getServers()) } }
}

/** Lookups over the host's sockets; hosts on Windows by the system, as Go's rules have it. */
export const hostedLookupGroup: LookupGroup = lookupGroupOver(
  { ...hostedTCPSockGroup, ...hostedUDPSockGroup },
  windowsOptions,
)
