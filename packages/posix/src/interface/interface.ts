import type { InterfaceGroup } from '@net/contract'
import { abi } from '../abi/system.ts'
import { interfacesBSD } from './interface_bsd.ts'
import { interfaceGroupOver } from './interface_group.ts'
import { interfacesLinux } from './interface_linux.ts'

/**
 * The kernel's network interfaces: through rtnetlink(7) on linux, through the routing messages of sysctl(3)
 * on the BSDs and darwin. Every call rejects with an {@link OpError} of operation 'route' and network
 * 'ip+net'.
 */
// A foreign system takes a kernel's tables, but never uses them: a target is made first, and making it looks at the system.
export const interfaceGroup: InterfaceGroup = interfaceGroupOver(
  abi.has.netlink ? interfacesLinux : interfacesBSD,
)
