import type { Addr } from '@net/addr'
import { OpError } from '@net/contract'
import { Liveness, type Handle, type LaneOwner } from '@net/io'

/**
 * This end of a connection, or a listener: what its lanes share. It makes their errors, and what waits in
 * them keeps the process alive.
 */
export class Endpoint extends Liveness implements LaneOwner {
  /** The network that errors name. */
  readonly net: string
  /** The address of this end that errors name. */
  readonly local: Addr | null
  /** The address of the other end that errors name; a listener's is its own. */
  readonly remote: Addr | null

  /** Makes the end of what waits through `handle`. */
  constructor(net: string, local: Addr | null, remote: Addr | null, handle: Handle) {
    super(handle)
    this.net = net
    this.local = local
    this.remote = remote
  }

  opError(op: string, cause: Error): OpError {
    return new OpError(op, this.net, this.local, this.remote, cause)
  }
}
