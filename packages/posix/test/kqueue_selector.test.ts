import { parseIP, TCPAddr } from '@net/addr'
import { describe, expect, test } from 'vitest'
import { EINPROGRESS } from '../src/abi/errno.ts'
import { abi } from '../src/abi/system.ts'
import { hasConnected } from '../src/fd/connect.ts'
import { FD } from '../src/fd/fd.ts'
import { openSocket } from '../src/fd/sock_cloexec.ts'
import { listenTCPSync } from '../src/index.ts'
import { keventLayouts } from '../src/poll/kevent.ts'
import { Kqueue } from '../src/poll/kqueue.ts'
import type { Pollable } from '../src/poll/selector.ts'
import { putAddr } from '../src/sock/ipsock.ts'
import { tcpNames } from '../src/sock/tcpsock.ts'
import { socketError } from '../src/sys/sockopt.ts'
import { connect, syscall } from '../src/sys/syscall.ts'
import { sockaddrOut } from '../src/wire/sockaddr.ts'

// A developer's check: kqueue.ts drives libkqueue (https://github.com/mheily/libkqueue), which does what kqueue does by means of
// linux's epoll, over real sockets. It runs where the library is installed, or lies where LIBKQUEUE says.

const RTLD_NOW = 2
const RTLD_GLOBAL = 0x100
const file = process.env.LIBKQUEUE ?? 'libkqueue.so.0'
const dlopen = syscall('intptr_t dlopen(const char *path, int flags)')
const refusal = dlopen(file, RTLD_NOW | RTLD_GLOBAL) === 0 ? `there is no ${file}` : null

/** A connect over a queue: the socket, the errors that events told of it, and a look at the queue. */
class Watched {
  readonly fd = new FD(openSocket(abi.AF_INET, abi.SOCK_STREAM, 0), 'tcp', tcpNames)
  readonly errors: number[] = []
  readonly #queue: Kqueue

  constructor(queue: Kqueue, addr: TCPAddr) {
    this.#queue = queue
    expect(connect(this.fd.fd, sockaddrOut, putAddr(abi.AF_INET, addr))).toBe(EINPROGRESS)
    this.fd.readReady = this.fd.writeReady = false
    expect(queue.add(this.fd.fd, 1, 7)).toBe(0)
  }

  /** Looks at the queue in each turn of the event loop until something has come of what was told. */
  async until(done: () => boolean): Promise<void> {
    const pollable: Pollable = {
      readable: () => this.fd.readable(),
      writable: () => this.fd.writable(),
      exceptional: (error) => {
        this.fd.exceptional(error)
        this.errors.push(error)
      },
    }
    while (!done()) {
      this.#queue.fetch()
      this.#queue.deliver((slot, generation) => (slot === 1 && generation === 7 ? pollable : null))
      await new Promise(setImmediate)
    }
  }

  close(): Promise<void> {
    this.#queue.remove(this.fd.fd) // libkqueue does not see that a descriptor is closed, as a kernel does
    return this.fd.close()
  }
}

describe.skipIf(refusal !== null)('Kqueue over libkqueue', () => {
  // A queue of libkqueue's lasts as long as its process, and its descriptor does not become readable: it has to be looked at.
  const queue = refusal === null ? new Kqueue(keventLayouts.openbsd) : null

  function begin(addr: TCPAddr): Watched {
    if (queue === null) throw new Error('no queue')
    return new Watched(queue, addr)
  }

  test('tells when a connection stands, when data comes, and when the peer has ended', async () => {
    const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
    const watched = begin(listener.addr)
    const { fd } = watched
    await watched.until(() => fd.writeReady)
    expect(hasConnected(fd)).toBe(true)
    const peer = await listener.accept()
    fd.readReady = false
    await Promise.all([watched.until(() => fd.readReady), peer.write(Uint8Array.of(1, 2, 3))])
    fd.exception = false
    await Promise.all([watched.until(() => fd.exception), peer.close()])
    expect(new Set(watched.errors)).toEqual(new Set([0]))
    await Promise.all([watched.close(), listener.close()])
  })

  test('tells with what a connect failed, which the socket does not tell any more', async () => {
    const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
    await listener.close()
    const watched = begin(listener.addr)
    const { fd } = watched
    await watched.until(() => fd.writeReady)
    expect(watched.errors).toContain(abi.errno.ECONNREFUSED)
    expect(socketError(fd.fd)).toBe(0)
    expect(() => hasConnected(fd)).toThrow(expect.objectContaining({ code: 'ECONNREFUSED' }))
    await watched.close()
  })
})

test('hasConnected() throws the error that came with an event, though the socket has none in store', async () => {
  const fd = new FD(openSocket(abi.AF_INET, abi.SOCK_STREAM, 0), 'tcp', tcpNames)
  expect(hasConnected(fd)).toBe(false)
  fd.exceptional(abi.errno.ECONNREFUSED)
  expect(socketError(fd.fd)).toBe(0)
  expect(() => hasConnected(fd)).toThrow(
    expect.objectContaining({ code: 'ECONNREFUSED', syscall: 'connect' }),
  )
  expect(hasConnected(fd)).toBe(false)
  await fd.close()
})
