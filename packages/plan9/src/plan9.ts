import type { NetFS, Target } from '@net/contract'
import { copyingSendfileGroup } from '@net/io'
import { ErrPlan9, fileStubs, ipRawSockStubs, unixSockStubs } from '@net/stubs'
import { parsePlan9DialString } from './tree/dial_string.ts'
import { DialledNet, type DialConn } from './tree/dialled_net.ts'
import { plan9InterfaceGroup } from './interface.ts'
import { plan9IPSockGroup } from './sock/ipsock.ts'
import { plan9LookupGroup } from './lookup.ts'
import { osNet } from './tree/os_net.ts'
import { plan9TCPSockGroup } from './sock/tcpsock.ts'
import { plan9UDPSockGroup } from './sock/udpsock.ts'

/** Options of {@link plan9}. */
export interface Plan9Options {
  /**
   * The network tree: itself, a directory it is mounted on, or the address of a 9P server, 'tcp!host!564' or
   * 'unix!/path'. Absent means what the environment variable PLAN9_NET says in the same way, else '/net'.
   */
  readonly net?: NetFS | string | undefined
  /**
   * Dials the address of a 9P server. Needed for such an address only; core supplies that of the running
   * system.
   */
  readonly dial?: DialConn | undefined
}

/** The plan9 target. Disposing of it closes the 9P session that it has dialled itself, if any. */
export type Plan9Target = Target & AsyncDisposable

/**
 * The network of a Plan 9 tree as a target: TCP, UDP, lookups and interfaces through its files. Raw IP and
 * Unix sockets, multicast and connections from descriptors are refused with EPLAN9, "not supported by plan
 * 9". Nothing is opened before the first call. Throws a TypeError for the address of a server without `dial`.
 *
 * @example
 * ```ts
 * import { embeddedNet } from '@net/netfs'
 * import { plan9 } from '@net/plan9'
 * import { posix } from '@net/posix'
 *
 * const target = plan9({ net: embeddedNet(posix()) })
 * console.log(await target.lookupHost('127.0.0.1').then(String)) // 127.0.0.1
 * ```
 */
export function plan9(options: Plan9Options = {}): Plan9Target {
  const fs = netTree(options)
  return {
    name: 'plan9',
    ...fileStubs(ErrPlan9),
    ...plan9InterfaceGroup(fs),
    ...ipRawSockStubs(ErrPlan9),
    ...plan9IPSockGroup,
    ...plan9LookupGroup(fs),
    ...copyingSendfileGroup,
    ...plan9TCPSockGroup(fs),
    ...plan9UDPSockGroup(fs),
    ...unixSockStubs(ErrPlan9),
    async [Symbol.asyncDispose]() {
      if (fs instanceof DialledNet) await fs.close()
    },
  }
}

/**
 * The network tree that the options mean, of which nothing is opened yet; one that it dials itself is dialled
 * anew when its session has ended. Throws as {@link plan9} does.
 *
 * @example
 * ```ts
 * import { netTree } from '@net/plan9'
 *
 * console.log(netTree({ net: '/net' }).root) // /net
 * ```
 */
export function netTree({ net, dial }: Plan9Options = {}): NetFS {
  const given = net ?? process.env.PLAN9_NET ?? '/net'
  if (typeof given !== 'string') return given
  const server = parsePlan9DialString(given)
  if (server === null) return osNet(given)
  if (dial === undefined) throw new TypeError(`to import ${given} a dial is needed`)
  return new DialledNet(() => dial(server.network, server.address))
}
