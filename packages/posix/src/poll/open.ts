import { darwin } from '../abi/darwin.ts'
import { freebsd } from '../abi/freebsd.ts'
import { abi } from '../abi/system.ts'
import { openbsd } from '../abi/openbsd.ts'
import { Epoll } from './epoll.ts'
import { keventLayouts } from './kevent.ts'
import { Kqueue } from './kqueue.ts'
import type { Selector } from './selector.ts'

/** The system call that registers a descriptor, as errors name it. */
export const registering = abi.sockaddrHasLength ? 'kevent' : 'epoll_ctl'

/** Opens the running kernel's queue of events. Throws when the system has no descriptor left. */
export function openSelector(): Selector {
  if (abi === darwin) return new Kqueue(keventLayouts.darwin)
  if (abi === freebsd) return new Kqueue(keventLayouts.freebsd)
  if (abi === openbsd) return new Kqueue(keventLayouts.openbsd)
  return new Epoll()
}
