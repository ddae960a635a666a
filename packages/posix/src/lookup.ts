import type { LookupGroup } from '@net/contract'
import { lookupOver } from './common/lookup_group.ts'
import { sourceAddrs } from './source_addr.ts'
import { tcpsock } from './tcpsock.ts'
import { udpsock } from './udpsock.ts'

/** Lookups over the kernel's sockets: hosts and addresses in the system's files and in DNS, the rest as Go has it. */
export const lookup: LookupGroup = lookupOver({ ...tcpsock, ...udpsock }, () => ({
  sourceAddrs: (addrs) => Promise.resolve(sourceAddrs(addrs)),
}))
