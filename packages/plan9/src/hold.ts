import type { Addr } from '@net/addr'
import { OpError, type NetFile } from '@net/contract'
import { Liveness, type LaneOwner } from '@net/io'

/** What the lanes of a connection share: the names of its errors, and whether its waiting keeps the process alive. */
export class Hold extends Liveness implements LaneOwner {
  readonly net: string
  readonly local: Addr | null
  readonly remote: Addr | null

  /** Makes the hold of a connection whose data come through `file`, which waits for nothing yet. */
  constructor(net: string, local: Addr | null, remote: Addr | null, file: NetFile) {
    super({ ref: () => file.ref?.(), unref: () => file.unref?.() })
    this.net = net
    this.local = local
    this.remote = remote
    file.unref?.()
  }

  opError(op: string, cause: Error): OpError {
    return new OpError(op, this.net, this.local, this.remote, cause)
  }
}
