import type { Target, TargetGroups, TargetInfo } from '@net/contract'

/** A row of the table of targets: a name, and each group from the package that supplies it. */
export type Row = TargetInfo & TargetGroups

/** Puts a target together from its groups. */
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
