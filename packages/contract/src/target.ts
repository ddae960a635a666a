import type { FileGroup } from './file.ts'
import type { InterfaceGroup } from './interface.ts'
import type { IPRawSockGroup } from './iprawsock.ts'
import type { IPSockGroup } from './ipsock.ts'
import type { LookupGroup } from './lookup.ts'
import type { SendfileGroup } from './sendfile.ts'
import type { TCPSockGroup } from './tcpsock.ts'
import type { UDPSockGroup } from './udpsock.ts'
import type { UnixSockGroup } from './unixsock.ts'

/** The names of the groups a target is made of, one for each file that the seed split by platform. */
export interface TargetGroups {
  /** Connections from descriptors: posix. */
  readonly file: FileGroup
  /** Interfaces: posix, plan9. */
  readonly interface: InterfaceGroup
  /** Raw IP: posix, windows. */
  readonly iprawsock: IPRawSockGroup
  /** What the internet stack supports: every target. */
  readonly ipsock: IPSockGroup
  /** Lookups: every target. */
  readonly lookup: LookupGroup
  /** Whole files: every target, without copying on posix. */
  readonly sendfile: SendfileGroup
  /** TCP: every target. */
  readonly tcpsock: TCPSockGroup
  /** UDP: every target. */
  readonly udpsock: UDPSockGroup
  /** Unix sockets: posix, and streams on the host's own sockets. */
  readonly unixsock: UnixSockGroup
}

/** What a target says of itself. */
export interface TargetInfo {
  /** The target's name, as 'linux', 'hosted' or 'plan9'. */
  readonly name: string
  /**
   * Why this target stands in for the kernel's sockets, which could not be reached or cost more here (see `hostedReason` of
   * `@net/posix`); absent when it was chosen for itself.
   */
  readonly fallbackCause?: Error
}

/** A network stack: everything `Net` needs to dial, listen and look up. */
export type Target = TargetInfo &
  FileGroup &
  InterfaceGroup &
  IPRawSockGroup &
  IPSockGroup &
  LookupGroup &
  SendfileGroup &
  TCPSockGroup &
  UDPSockGroup &
  UnixSockGroup
