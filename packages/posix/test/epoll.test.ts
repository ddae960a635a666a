import { afterEach, beforeEach, expect, test } from 'vitest'
import { linux } from '../src/abi/linux.ts'
import { Epoll } from '../src/poll/epoll.ts'
import { close, recv, send, shutdown, socketpair } from '../src/sys/syscall.ts'

// Slot and generation at the edges of their 32 bits.
const SLOT = 0xfffffffe
const GENERATION = 0xffffffff

let selector: Epoll
let a = -1
let b = -1
let calls: string[]

beforeEach(() => {
  selector = new Epoll()
  const pair = new Int32Array(2)
  const flags = linux.SOCK_STREAM | linux.SOCK_NONBLOCK | linux.SOCK_CLOEXEC
  expect(socketpair(linux.AF_UNIX, flags, 0, new Uint8Array(pair.buffer))).toBe(0)
  ;[a = -1, b = -1] = pair
  calls = []
})

afterEach(() => {
  for (const fd of [selector.fd, a, b]) if (fd >= 0) expect(close(fd)).toBe(0)
})

function poll(): string[] {
  calls = []
  selector.fetch()
  selector.deliver((slot, generation) => {
    if (slot !== SLOT || generation !== GENERATION) return null
    return {
      readable: () => calls.push('readable'),
      writable: () => calls.push('writable'),
      exceptional: () => calls.push('exceptional'),
    }
  })
  return calls
}

const one = Uint8Array.of(1)

test('Epoll.deliver() tells of each change once, with the slot and generation that were added', () => {
  expect(poll()).toEqual([])
  expect(selector.add(a, SLOT, GENERATION, true)).toBe(0)
  expect(poll()).toEqual(['writable'])
  expect(poll()).toEqual([])
  expect(send(b, one, 1, 0)).toBe(1)
  expect(poll()).toContain('readable')
  // The byte is still there, but nothing new came.
  expect(poll()).toEqual([])
  expect(send(b, one, 1, 0)).toBe(1)
  expect(poll()).toContain('readable')
  expect(recv(a, new Uint8Array(4), 4, 0)).toBe(2)
})

test('Epoll.deliver() tells that the peer will send no more, and that it is gone', () => {
  expect(selector.add(a, SLOT, GENERATION, true)).toBe(0)
  poll()
  expect(shutdown(b, linux.SHUT_WR)).toBe(0)
  expect(poll()).toEqual(['exceptional', 'readable', 'writable'])
  expect(close(b)).toBe(0)
  b = -1
  expect(poll()).toEqual(['exceptional', 'readable', 'writable'])
})

test('Epoll.deliver() counts events of what is no longer known, and delivers nothing', () => {
  expect(selector.add(a, SLOT, GENERATION - 1, true)).toBe(0)
  expect(selector.fetch()).toBe(1)
  selector.deliver(() => null)
  expect(send(b, one, 1, 0)).toBe(1)
  expect(poll()).toEqual([])
})

test('Epoll.deliver() tells of room only from addWrites() on, of what was added for reads', () => {
  expect(selector.add(a, SLOT, GENERATION, false)).toBe(0)
  expect(send(a, one, 1, 0)).toBe(1)
  expect(recv(b, new Uint8Array(4), 4, 0)).toBe(1)
  expect(poll()).toEqual([])
  expect(selector.addWrites(a, SLOT, GENERATION)).toBe(0)
  expect(poll()).toEqual(['writable'])
  expect(send(a, one, 1, 0)).toBe(1)
  expect(recv(b, new Uint8Array(4), 4, 0)).toBe(1)
  expect(poll()).toEqual(['writable'])
})

test('Epoll.remove() ends the events of a descriptor', () => {
  expect(selector.add(a, SLOT, GENERATION, true)).toBe(0)
  selector.remove(a)
  expect(send(b, one, 1, 0)).toBe(1)
  expect(selector.fetch()).toBe(0)
  selector.deliver(() => expect.unreachable())
  // What was never added is no harm, and what was removed may be added again.
  selector.remove(b)
  expect(selector.add(a, SLOT, GENERATION, true)).toBe(0)
  expect(poll()).toContain('readable')
})

test('Epoll.add() gives the negated error number of what is no descriptor, or is added twice', () => {
  expect(selector.add(-1, 0, 1, true)).toBe(-(linux.errno.EBADF ?? 0))
  expect(selector.add(a, SLOT, GENERATION, true)).toBe(0)
  expect(selector.add(a, SLOT, GENERATION, true)).toBe(-(linux.errno.EEXIST ?? 0))
})
