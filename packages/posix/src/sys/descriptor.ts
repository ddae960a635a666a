import { EMFILE } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { isMainThread } from '../ffi/thread.ts'
import { close, closeAsync, dup2, dup3, fcntl } from './syscall.ts'

const { closeSync, openSync } = process.getBuiltinModule('node:fs') // an import of it would load Node's streams

// A worker thread that is terminated runs no more JavaScript, so it could not close its sockets, which would
// stay open as long as the process lives. The host, however, closes what its own fs opened in the thread. So
// in a worker every descriptor is moved to a number that fs has opened (/dev/null) and still counts as its
// own.

let spare = -1

const duplicate = abi.has.dup3 ? 'dup3' : 'dup2'

/**
 * Makes sure that the next descriptor of this thread can be owned by it. Gives 0 or a negated error number.
 * To be asked before a call that opens one, so that a connection is not accepted and then dropped for want of
 * a number.
 */
export function reserveDescriptor(): number {
  if (isMainThread() || spare >= 0) return 0
  try {
    spare = openSync('/dev/null', 'r')
    return 0
  } catch (e) {
    if (closeLeftover()) return reserveDescriptor()
    const { errno } = e as NodeJS.ErrnoException
    return errno ?? EMFILE
  }
}

/**
 * Makes a descriptor that was just opened the thread's own: closed with the thread if not before. Gives its
 * number, which may have changed. Negated error numbers are given back as they are.
 */
export function ownDescriptor(fd: number): number {
  if (isMainThread() || fd < 0) return fd
  const reserved = reserveDescriptor()
  const own = spare
  const result = reserved < 0 ? reserved : dupCloseOnExec(fd, own)
  close(fd)
  if (result < 0) return result
  spare = -1
  return own
}

/**
 * Makes the number `own` stand for what `fd` does, close-on-exec, as dup3(2) does; darwin lacks that, which
 * `how` stands for. Gives `own` or a negated error number.
 */
export function dupCloseOnExec(fd: number, own: number, how: 'dup2' | 'dup3' = duplicate): number {
  if (how === 'dup3') return dup3(fd, own, abi.O_CLOEXEC)
  const result = dup2(fd, own)
  if (result >= 0) fcntl(own, abi.F_SETFD, abi.FD_CLOEXEC)
  return result
}

/** Makes an open file non-blocking unless it is. Gives 0 or a negated error number. */
export function setNonblocking(fd: number): number {
  const flags = fcntl(fd, abi.F_GETFL, 0)
  if (flags < 0 || (flags & abi.O_NONBLOCK) !== 0) return Math.min(flags, 0)
  return fcntl(fd, abi.F_SETFL, flags | abi.O_NONBLOCK)
}

/** Closes a descriptor that {@link ownDescriptor} gave. */
export function closeDescriptor(fd: number): void {
  if (isMainThread()) close(fd)
  else closeSync(fd)
}

let leftover = -1

/**
 * The same a moment later, in {@link closeLeftover} or when the next is left: nobody uses the descriptor any more, and what its last
 * bytes bring about is more urgent than the call.
 */
export function leaveDescriptor(fd: number): void {
  closeLeftover()
  leftover = fd
}

/** Closes what {@link leaveDescriptor} left. Gives whether there was one. */
export function closeLeftover(): boolean {
  if (leftover < 0) return false
  closeDescriptor(leftover)
  leftover = -1
  return true
}

/** The same as {@link closeDescriptor} for a socket whose close may wait for unsent data: it does so on another thread. */
export function closeDescriptorLater(fd: number): Promise<void> {
  if (isMainThread()) return closeAsync(fd)
  // closeSync tells the host that the number is free. It does not block: the duplicate keeps the socket open,
  // and closing that is what waits.
  const waiting = fcntl(fd, abi.F_DUPFD_CLOEXEC, 0)
  closeSync(fd)
  return waiting < 0 ? Promise.resolve() : closeAsync(waiting)
}
