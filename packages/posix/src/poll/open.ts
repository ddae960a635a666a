import { abi } from '../abi/system.ts'
import { Epoll } from './epoll.ts'
import { keventLayouts } from './kevent.ts'
import { Kqueue } from './kqueue.ts'
import type { Selector } from './selector.ts'

/** The system call that registers a descriptor, as errors name it. */
export const registerCall = abi.has.epoll ? 'epoll_ctl' : 'kevent'

/** Opens the running kernel's queue of events. Throws when the system has no descriptor left. */
export function openSelector(): Selector {
  return abi.kernel === 'linux' ? new Epoll() : new Kqueue(keventLayouts[abi.kernel])
}
