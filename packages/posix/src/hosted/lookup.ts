import type { LookupGroup } from '@net/contract'
import { lookupOver } from '../lookup.ts'
import { tcpsock } from './tcpsock.ts'
import { udpsock } from './udpsock.ts'

/** Lookups over the host's sockets; hosts on Windows by the system, as Go's rules have it. */
export const lookup: LookupGroup = lookupOver({ ...tcpsock, ...udpsock })
