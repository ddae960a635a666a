import type { LookupGroup } from '@net/contract'
import { lookupGroupOver } from '@net/resolve'
import { querySockets } from './query_socket.ts'
import { sourceAddrs } from './source_addr.ts'

/**
 * Lookups over the kernel's sockets: hosts and addresses in the system's files and in DNS, the rest as Go has
 * it.
 */
export const lookupGroup: LookupGroup = lookupGroupOver(querySockets, () => ({ sourceAddrs }))
