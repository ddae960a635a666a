import { system } from '../abi/system.ts'
import { linux } from '../abi/linux.ts'
import { Epoll } from './epoll.ts'
import type { Selector } from './selector.ts'

/** Opens the running kernel's queue of events. */
export function openSelector(): Selector {
  if (system === linux) return new Epoll()
  throw new Error('x')
}
