import { abi } from '../abi/system.ts'
import { closeDescriptor, ownDescriptor } from '../sys/descriptor.ts'
import type { CFunction } from '../ffi/ffi.ts'
import { ffi } from '../sys/ffi.ts'
import { fcntl, syscall, syscallError } from '../sys/syscall.ts'
import { KeventList, kqueue, SizeofTimespec, type KeventLayout } from './kevent.ts'
import type { Find, Selector } from './selector.ts'

const BATCH = 256 // events fetched by one call

const openKqueue = syscall('int kqueue()')
const KEVENT =
  'int kevent(int kq, const void *changes, int nchanges, void *events, int nevents, const void *timeout)'
const change = syscall(KEVENT)

const now = new Uint8Array(SizeofTimespec) // no seconds, no nanoseconds

/** kqueue(2) */
export class Kqueue implements Selector {
  readonly fd: number
  readonly #changes: KeventList
  readonly #events: KeventList
  readonly #kevent: CFunction
  #fetched = 0

  /** Opens a queue of a system with such a struct kevent. Throws when the system has no descriptor left. */
  constructor(layout: KeventLayout) {
    this.#changes = new KeventList(layout, 2)
    this.#events = new KeventList(layout, BATCH)
    this.#kevent = ffi().func(KEVENT)
    this.fd = ownDescriptor(openKqueue())
    if (this.fd < 0) throw syscallError('kqueue', this.fd)
    // fork(2) does not pass the queue on, but exec(3) would.
    const result = fcntl(this.fd, abi.F_SETFD, abi.FD_CLOEXEC)
    if (result < 0) {
      closeDescriptor(this.fd)
      throw syscallError('fcntl', result)
    }
  }

  // The changes are made by a call of their own: put off to the next poll, an error would come too late for
  // the caller of add. They are always made for both directions.
  add(fd: number, slot: number, generation: number): number {
    return this.#change(fd, kqueue.EV_ADD | kqueue.EV_CLEAR, slot, generation)
  }

  addWrites(): number {
    return 0
  }

  remove(fd: number): void {
    // The call fails only where the descriptor was never registered, and then nothing is left to remove.
    this.#change(fd, kqueue.EV_DELETE, 0, 0)
  }

  fetch(): number {
    // An interrupted call has fetched nothing, and the queue stays readable.
    return (this.#fetched = Math.max(this.#kevent(this.fd, null, 0, this.#events.bytes, BATCH, now), 0))
  }

  deliver(find: Find): void {
    this.#events.deliver(this.#fetched, find)
  }

  // As the call has no room for events, the first change that fails makes it fail, instead of becoming an
  // event.
  #change(fd: number, action: number, slot: number, generation: number): number {
    this.#changes.set(0, fd, kqueue.EVFILT_READ, action, slot, generation)
    this.#changes.set(1, fd, kqueue.EVFILT_WRITE, action, slot, generation)
    return change(this.fd, this.#changes.bytes, 2, null, 0, now)
  }
}
