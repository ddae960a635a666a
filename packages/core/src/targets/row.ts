import type { Target, TargetGroups } from '@net/contract'

/** A row of the table of targets: a name, and each group from the package that supplies it. */
export interface Row extends TargetGroups {
  /** The target's name. */
  readonly name: string
}

/** Puts a target together from its groups. */
export function targetOf(row: Row): Target {
  return {
    name: row.name,
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
