import { getSystemErrorName } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { ABI, ErrnoName } from '../src/abi/abi.ts'
import { abi, system } from '../src/abi/system.ts'
import { epoll, epollEvent } from '../src/poll/epoll.ts'
import { kqueue } from '../src/poll/kevent.ts'
import { errnoOf } from '../src/sys/syscall.ts'
import { arches, bsds, constants, offset, struct, systems } from './constants.ts'

// What Go's syscall package does not name for a system (on either architecture), and where the number is from instead.
const elsewhere: Record<string, Record<string, number>> = {
  linux: { SO_NOSIGPIPE: 0 /* linux has none: MSG_NOSIGNAL does it */ },
  darwin: {
    SOCK_NONBLOCK: 0, // none in sys/socket.h
    SOCK_CLOEXEC: 0, // none in sys/socket.h
    MSG_NOSIGNAL: 0, // none in sys/socket.h of the oldest system served: SO_NOSIGPIPE does it
    MSG_CMSG_CLOEXEC: 0, // none in sys/socket.h
    SO_PROTOCOL: 0, // none in sys/socket.h
    TCP_KEEPCNT: 0x102, // netinet/tcp.h; the vectors have it for one architecture only
    TCP_KEEPINTVL: 0x101, // netinet/tcp.h
  },
  freebsd: {},
  openbsd: {
    SO_PROTOCOL: 0x1025, // sys/socket.h
    SO_NOSIGPIPE: 0, // none: MSG_NOSIGNAL does it
    TCP_KEEPIDLE: 0, // none in netinet/tcp.h: sysctl(2) sets it for the system
    TCP_KEEPINTVL: 0,
    TCP_KEEPCNT: 0,
  },
}

// Names that stand for another of the system's.
const renamed: Record<string, Record<string, string>> = {
  darwin: { TCP_KEEPIDLE: 'TCP_KEEPALIVE', SO_LINGER: 'SO_LINGER_SEC' },
}

// What begins with E among the constants and is no error number: terminal modes, epoll's events, ethernet's sizes.
const notErrno = /^(ECHO.*|EPOLL.*|EXT[AB]|EXTPROC|ELAST|ENDRUNDISC|ETHERM.*)$/

function errnoNames(name: string): Map<string, number> {
  const names = arches.flatMap((arch) => Object.entries(constants(name, arch).constants))
  return new Map(names.filter(([key]) => /^E[A-Z0-9]+$/.test(key) && !notErrno.test(key)))
}

function numbers(of: ABI): [string, number][] {
  return Object.entries(of).filter((entry): entry is [string, number] => /^[A-Z]/.test(entry[0]))
}

describe.each(Object.entries(systems))('the ABI of %s', (name, of) => {
  test.each(arches)('has the constants of Go on %s', (arch) => {
    const known = constants(name, arch).constants
    let compared = 0
    for (const [key, value] of numbers(of)) {
      const number = known[renamed[name]?.[key] ?? key]
      if (number === undefined) continue
      expect(value, key).toBe(number)
      compared++
    }
    expect(compared).toBeGreaterThan(40)
  })

  test('has no constant that Go lacks but those named in this file', () => {
    const known = (key: string): boolean =>
      arches.some((arch) => (renamed[name]?.[key] ?? key) in constants(name, arch).constants)
    const missing = numbers(of).filter(([key]) => !known(key))
    const named = Object.entries(elsewhere[name] ?? {}).filter(([key]) => !known(key))
    expect(Object.fromEntries(missing)).toEqual(Object.fromEntries(named))
    for (const [key, value] of Object.entries(elsewhere[name] ?? {})) {
      expect(numbers(of), key).toContainEqual([key, value])
    }
  })

  test('has every error number of Go, and no other', () => {
    expect(of.errno).toEqual(Object.fromEntries(errnoNames(name)))
  })

  test('names every error number', () => {
    const byNumber = new Map(Object.entries(of.errno).map(([key, number]) => [number, key]))
    for (const number of Object.values(of.errno)) {
      expect(number).toBeGreaterThan(0)
      expect(of.errno[byNumber.get(number) as ErrnoName]).toBe(number)
    }
    // Of two names for one number the usual one wins.
    expect(byNumber.get(of.errno.EWOULDBLOCK)).toBe('EAGAIN')
    expect(byNumber.get(of.errno.EDEADLK)).toBe('EDEADLK')
    expect(byNumber.get(of.errno.ENOTSUP)).toBe('ENOTSUP')
    expect(byNumber.get(of.errno.EBADF)).toBe('EBADF')
    expect(byNumber.get(of.errno.EPFNOSUPPORT)).toBe('EPFNOSUPPORT')
  })

  test.each(arches)('has the path length of struct sockaddr_un on %s', (arch) => {
    const path = struct(name, arch, 'RawSockaddrUnix').fields.find((field) => field.name === 'Path')
    expect(of.sunPathLength).toBe(path?.size)
  })

  test.each(arches)('says whether a socket address begins with its length on %s', (arch) => {
    const fields = struct(name, arch, 'RawSockaddr').fields.map((field) => field.name)
    expect(of.has.sockaddrLength).toBe(fields[0] === 'Len')
  })
})

test('errnoOf() names the error numbers of this kernel as Node does', () => {
  expect(system).toBe(abi)
  const differ: string[] = []
  for (const number of new Set(Object.values(abi.errno))) {
    let node: string
    try {
      node = getSystemErrorName(-number)
    } catch {
      continue
    }
    // Node does not know every number.
    if (node.startsWith('Unknown')) continue
    if (errnoOf(-number).code !== node) differ.push(`${errnoOf(-number).code} ${node}`)
  }
  expect(differ).toEqual([])
  expect(errnoOf(-4095).code).toBe('4095')
})

describe('epoll', () => {
  test.each(arches)('has the constants of Go on %s', (arch) => {
    const known = constants('linux', arch).constants
    for (const [key, value] of Object.entries(epoll)) expect(value, key).toBe((known[key] ?? NaN) >>> 0)
  })

  test.each([
    ['amd64', 'x64'],
    ['arm64', 'arm64'],
  ] as const)('epollEvent() has the layout of struct epoll_event on %s', (arch, host) => {
    const event = struct('linux', arch, 'EpollEvent')
    // Go names the two halves of epoll_data Fd and Pad.
    expect(epollEvent(host)).toEqual({ size: event.size / 4, data: offset(event, 'Fd') / 4 })
    expect(offset(event, 'Events')).toBe(0)
    expect(offset(event, 'Pad')).toBe(offset(event, 'Fd') + 4)
  })
})

describe.each(bsds)('kqueue of %s', (name) => {
  test.each(arches)('has the constants of Go on %s', (arch) => {
    const known = constants(name, arch).constants
    for (const [key, value] of Object.entries(kqueue)) {
      if (key === 'EV_OOBAND' && name !== 'darwin') expect(known[key]).toBeUndefined()
      else expect(value, key).toBe(known[key])
    }
  })
})
