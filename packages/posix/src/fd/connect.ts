import { EALREADY, EINPROGRESS, EINVAL, EISCONN } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { socketError } from '../sys/sockopt.ts'
import { connect, syscallError } from '../sys/syscall.ts'
import { sockaddrOut } from '../wire/sockaddr.ts'
import { askPeerName } from '../wire/socket_name.ts'
import type { FD } from './fd.ts'
import { FDOp } from './op.ts'

/**
 * Begins to connect, and later asks how that goes; `put` puts the peer's address for the call and gives its length. Gives whether
 * the connection stands; else `writeReady` is false until there is news. Throws the bare error of a connect that failed.
 */
export function connects(fd: FD, put: () => number): boolean {
  const { fd: s } = fd
  const length = put()
  for (;;) {
    const result = length < 0 ? EINVAL : connect(s, sockaddrOut, length)
    if (result === 0 || result === EISCONN) return true
    // A peer on this machine has answered by the time the call returns: asking again at once saves the wait.
    if (result === EINPROGRESS && abi.has.connectTells) continue
    if (result !== EINPROGRESS && result !== EALREADY) throw syscallError('connect', result)
    fd.writeReady = false
    return false
  }
}

/**
 * The same where only a connect that is new may be called, and others tell its outcome: the error that the socket has in store, or
 * the one that came with an event (kqueue's fflags).
 */
export function hasConnected(fd: FD): boolean {
  const told = fd.takeEventError()
  const result = socketError(fd.fd) || told
  if (result < 0 && result !== EINPROGRESS && result !== EALREADY && result !== EISCONN) {
    throw syscallError('connect', result)
  }
  // An event of the time before connect also sets writeReady, so only a peer's name shows that the connection
  // stands (Go issue 14548).
  if (askPeerName(fd.fd) === 0) return true
  fd.writeReady = false
  return false
}

/** Waits for the outcome of a connect that is under way. */
export class ConnectOp extends FDOp<undefined> {
  readonly #put: () => number

  /** Makes a wait for the connect that {@link connects} has begun with the same address. */
  constructor(fd: FD, put: () => number) {
    super('dial', fd)
    this.#put = put
  }

  attempt(): boolean {
    if (!this.fd.writeReady) return false
    try {
      const stands = abi.has.connectTells ? connects(this.fd, this.#put) : hasConnected(this.fd)
      return stands && this.done(undefined)
    } catch (e) {
      return this.fail(e as Error)
    }
  }
}
