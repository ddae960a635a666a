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
  readonly file: FileGroup
  readonly interface: InterfaceGroup
  readonly iprawsock: IPRawSockGroup
  readonly ipsock: IPSockGroup
  readonly lookup: LookupGroup
  readonly sendfile: SendfileGroup
  readonly tcpsock: TCPSockGroup
  readonly udpsock: UDPSockGroup
  readonly unixsock: UnixSockGroup
}

/** A network stack: everything `Net` needs to dial, listen and look up. */
export type Target = { readonly name: string } & FileGroup &
  InterfaceGroup &
  IPRawSockGroup &
  IPSockGroup &
  LookupGroup &
  SendfileGroup &
  TCPSockGroup &
  UDPSockGroup &
  UnixSockGroup
