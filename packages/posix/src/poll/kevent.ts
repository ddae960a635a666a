// Constants of sys/event.h of darwin, freebsd and openbsd, which agree on them but for EV_OOBAND, darwin's
// alone.
import type { Find } from './selector.ts'

/** The constants of kqueue(2). */
export const kqueue = {
  EVFILT_READ: -1,
  EVFILT_WRITE: -2,
  EV_ADD: 0x1,
  EV_DELETE: 0x2,
  EV_CLEAR: 0x20,
  EV_OOBAND: 0x2000,
  EV_ERROR: 0x4000,
  EV_EOF: 0x8000,
} as const

/*
 * struct kevent of 64-bit systems
 *   0        8        10      12       16      24      32
 *   +--------+--------+-------+--------+-------+-------+- - - - - - - -+
 *   | ident  | filter | flags | fflags | data  | udata |  ext (freebsd)|
 *   +--------+--------+-------+--------+-------+-------+- - - - - - - -+
 * udata comes back as it went in: its first half is the slot, its second the generation.
 */
const ident = 0 // 32-bit words
const filter = 4 // 16-bit words
const flags = 5 // 16-bit words
const fflags = 3 // 32-bit words
const udata = 6 // 32-bit words

/** The size of struct timespec of 64-bit systems, in bytes. */
export const SizeofTimespec = 16

/** How a system lays out struct kevent, and what it reports. */
export interface KeventLayout {
  /** The size of the struct in bytes. */
  readonly size: number
  /** Whether EVFILT_READ tells of urgent data, at which reads stop short. */
  readonly urgent: boolean
}

/**
 * The layouts of the systems that have kqueue. FreeBSD 12 gave the struct four more 64-bit words (ext) and
 * its `kevent` the symbol version FBSD_1.5; dlsym gives that default version, while the 32 bytes that Go
 * knows belong to kevent@FBSD_1.0 and system call 363 (sys/sys/event.h, freebsd revision 320043; jnr-enxio
 * issue 39 shows it from a foreign function interface). FreeBSD 11 has ended and runs no Node that this
 * package supports.
 */
export const keventLayouts: Readonly<Record<'darwin' | 'freebsd' | 'openbsd', KeventLayout>> = {
  darwin: { size: 32, urgent: true },
  freebsd: { size: 64, urgent: false },
  openbsd: { size: 32, urgent: false },
}

/** An array of struct kevent: changes on their way into the kernel or events that came out. */
export class KeventList {
  /** The memory of the array. */
  readonly bytes: Uint8Array
  readonly #words: Uint32Array
  readonly #halves: Int16Array
  readonly #stride: number // 32-bit words
  readonly #urgent: boolean

  /** Makes an array of `length` structs, all zero. */
  constructor(layout: KeventLayout, length: number) {
    this.#words = new Uint32Array((length * layout.size) / 4)
    this.#halves = new Int16Array(this.#words.buffer)
    this.bytes = new Uint8Array(this.#words.buffer)
    this.#stride = layout.size / 4
    this.#urgent = layout.urgent
  }

  /** Sets the struct at an index to a change of what is registered for a descriptor and filter. */
  set(index: number, fd: number, what: number, action: number, slot: number, generation: number): void {
    const at = index * this.#stride
    this.#words[at + ident] = fd
    this.#halves[at * 2 + filter] = what
    this.#halves[at * 2 + flags] = action
    this.#words[at + udata] = slot
    this.#words[at + udata + 1] = generation
  }

  /** Delivers the first `n` structs as events. */
  deliver(n: number, find: Find): void {
    for (let i = 0, at = 0; i < n; i++, at += this.#stride) {
      const pollable = find(this.#words[at + udata] ?? 0, this.#words[at + udata + 1] ?? 0)
      if (pollable === null) continue
      const reads = this.#halves[at * 2 + filter] === kqueue.EVFILT_READ
      const told = this.#halves[at * 2 + flags] ?? 0
      const ended = (told & (kqueue.EV_EOF | kqueue.EV_ERROR)) !== 0
      // Kernels without EV_OOBAND do not say that urgent data is there, so any read may have stopped short at
      // it.
      const short = reads && (!this.#urgent || (told & kqueue.EV_OOBAND) !== 0)
      // With the end of a socket comes its error, which the kernel may not tell again.
      const error = (told & kqueue.EV_EOF) === 0 ? 0 : (this.#words[at + fflags] ?? 0)
      if (ended || short) pollable.exceptional(error)
      // The end of one direction may be all that is ever heard of the other (Go's netpoll_kqueue.go).
      if (reads || ended) pollable.readable()
      if (!reads || ended) pollable.writable()
    }
  }
}
