import type { Target, TargetGroups, TargetInfo } from '@net/contract'

/** A row of the table of targets: a name, and each group from the package that supplies it. */
export type Row = TargetInfo & TargetGroups

/**
 * Puts a target together from its groups, which may come from different packages.
 *
 * @example
 * ```ts
 * import { targetOf } from '@net/core'
 * import { copyingSendfileGroup } from '@net/io'
 * import * as posix from '@net/posix'
 * import { ErrUnsupported, fileStubs, ipRawSockStubs, unixSockStubs } from '@net/stubs'
 *
 * const target = targetOf({
 *   name: 'small',
 *   file: fileStubs(ErrUnsupported),
 *   interface: posix.interfaceGroup,
 *   iprawsock: ipRawSockStubs(ErrUnsupported),
 *   ipsock: posix.ipSockGroup,
 *   lookup: posix.lookupGroup,
 *   sendfile: copyingSendfileGroup,
 *   tcpsock: posix.tcpSockGroup,
 *   udpsock: posix.udpSockGroup,
 *   unixsock: unixSockStubs(ErrUnsupported),
 * })
 * console.log(target.name) // small
 * ```
 */
export function targetOf(row: Row): Target {
  return {
    name: row.name,
    ...(row.fallbackCause !== undefined && { fallbackCause: row.fallbackCause }),
    ...row.file,
    ...row.interface,
    ...row.iprawsock,
    ...row.ipsock,
    ...row.lookup,
    ...row.sendfile,
    ...row.tcpsock,
    ...row.udpsock,
    ...row.unixsock,
  }
}
