// Constants of sys/epoll.h of linux.
import { ffi } from '../sys/ffi.ts'
import { syscall, syscallError } from '../sys/syscall.ts'
import { ownDescriptor } from '../sys/descriptor.ts'
import type { CFunction } from '../ffi/ffi.ts'
import type { Find, Selector } from './selector.ts'

/** The constants of epoll(7). */
export const epoll = {
  EPOLLIN: 0x1,
  EPOLLPRI: 0x2,
  EPOLLOUT: 0x4,
  EPOLLERR: 0x8,
  EPOLLHUP: 0x10,
  EPOLLRDHUP: 0x2000,
  EPOLLET: 0x80000000,
  EPOLL_CLOEXEC: 0x80000,
  EPOLL_CTL_ADD: 1,
  EPOLL_CTL_DEL: 2,
  EPOLL_CTL_MOD: 3,
} as const

const READS = (epoll.EPOLLIN | epoll.EPOLLPRI | epoll.EPOLLRDHUP | epoll.EPOLLET) >>> 0
// Sockets but those of TCP tell of room whenever a packet has left, though none was refused: each write would wake the poller.
const WRITES = (READS | epoll.EPOLLOUT) >>> 0
const READABLE = epoll.EPOLLIN | epoll.EPOLLPRI | epoll.EPOLLRDHUP | epoll.EPOLLHUP | epoll.EPOLLERR
const WRITABLE = epoll.EPOLLOUT | epoll.EPOLLHUP | epoll.EPOLLERR
const EXCEPTIONAL = epoll.EPOLLPRI | epoll.EPOLLRDHUP | epoll.EPOLLHUP | epoll.EPOLLERR

/**
 * Events fetched by one call. What they wake goes on when all of them are delivered, and with 256 that takes longer than a turn of
 * the event loop may, so that most answers were put off to the next one: an echo to 1000 connections cost a tenth more.
 */
const BATCH = 64

/*
 * struct epoll_event, packed on x86-64 only:
 *   x86-64   0 events  4 slot  8 generation                (12 bytes)
 *   others   0 events  4 -     8 slot       12 generation  (16 bytes)
 */
/** Where struct epoll_event has what on an architecture, in 32-bit words: its size and where the slot is. */
export function epollEvent(arch: NodeJS.Architecture): { readonly size: number; readonly data: number } {
  return arch === 'x64' ? { size: 3, data: 1 } : { size: 4, data: 2 }
}

const { size: stride, data } = epollEvent(process.arch)

const epollCreate1 = syscall('int epoll_create1(int flags)')
const epollCtl = syscall('int epoll_ctl(int epfd, int op, int fd, void *event)')

/** epoll(7) */
export class Epoll implements Selector {
  readonly fd: number
  readonly #events = new Uint32Array(BATCH * stride)
  readonly #bytes = new Uint8Array(this.#events.buffer)
  readonly #event = new Uint32Array(stride)
  readonly #eventBytes = new Uint8Array(this.#event.buffer)
  readonly #wait: CFunction

  /** Opens a queue. Throws when the system has no descriptor left. */
  constructor() {
    this.#wait = ffi().func('int epoll_wait(int epfd, void *events, int maxevents, int timeout)')
    this.fd = ownDescriptor(epollCreate1(epoll.EPOLL_CLOEXEC))
    if (this.fd < 0) throw syscallError('epoll_create1', this.fd)
  }

  add(fd: number, slot: number, generation: number, writes: boolean): number {
    return this.#control(epoll.EPOLL_CTL_ADD, fd, slot, generation, writes ? WRITES : READS)
  }

  addWrites(fd: number, slot: number, generation: number): number {
    return this.#control(epoll.EPOLL_CTL_MOD, fd, slot, generation, WRITES)
  }

  remove(fd: number): void {
    // The call fails only where the descriptor was never registered, and then nothing is left to remove.
    epollCtl(this.fd, epoll.EPOLL_CTL_DEL, fd, this.#eventBytes)
  }

  poll(find: Find): number {
    const n = this.#wait(this.fd, this.#bytes, BATCH, 0)
    // Most looks of a poller find nothing, so what delivers events is apart.
    if (n > 0) this.#deliver(n, find)
    return Math.max(n, 0)
  }

  #deliver(n: number, find: Find): void {
    const events = this.#events
    for (let i = 0, at = 0; i < n; i++, at += stride) {
      const pollable = find(events[at + data] ?? 0, events[at + data + 1] ?? 0)
      if (pollable === null) continue
      const what = events[at] ?? 0
      if ((what & EXCEPTIONAL) !== 0) pollable.exceptional(0)
      if ((what & READABLE) !== 0) pollable.readable()
      if ((what & WRITABLE) !== 0) pollable.writable()
    }
  }

  #control(op: number, fd: number, slot: number, generation: number, interest: number): number {
    this.#event[0] = interest
    this.#event[data] = slot
    this.#event[data + 1] = generation
    return epollCtl(this.fd, op, fd, this.#eventBytes)
  }
}
