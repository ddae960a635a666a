import { afterAll, beforeEach, afterEach, describe, expect, test } from 'vitest'
import { parseIP } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { EAGAIN, EINPROGRESS, EPROTONOSUPPORT } from '../src/abi/errno.ts'
import { abi } from '../src/abi/system.ts'
import { dupCloseOnExec } from '../src/sys/descriptor.ts'
import { acceptSocket, openSocket } from '../src/fd/sock_cloexec.ts'
import {
  getLength,
  putInet,
  resetLength,
  sockaddrOut,
  sockaddrIn,
  getIP,
  sockaddrInLength,
  getPort,
} from '../src/wire/sockaddr.ts'
import { bind, close, connect, fcntl, getsockname, listen, recv, send } from '../src/sys/syscall.ts'

const check = ledger(keepLeaks())
afterAll(check)

let open: number[]

beforeEach(() => {
  open = []
})

afterEach(() => {
  for (const fd of open) expect(close(fd)).toBe(0)
})

function opened(fd: number): number {
  expect(fd).toBeGreaterThanOrEqual(0)
  open.push(fd)
  return fd
}

function expectBornRight(fd: number): void {
  expect(fcntl(fd, abi.F_GETFD, 0) & abi.FD_CLOEXEC).toBe(abi.FD_CLOEXEC)
  expect(fcntl(fd, abi.F_GETFL, 0) & abi.O_NONBLOCK).toBe(abi.O_NONBLOCK)
}

function listening(): { fd: number; port: number } {
  const fd = opened(openSocket(abi.AF_INET, abi.SOCK_STREAM, abi.IPPROTO_TCP))
  expect(bind(fd, sockaddrOut, putInet(abi.AF_INET, parseIP('127.0.0.1'), 0, ''))).toBe(0)
  expect(listen(fd, 5)).toBe(0)
  resetLength()
  expect(getsockname(fd, sockaddrIn, sockaddrInLength)).toBe(0)
  return { fd, port: getPort() }
}

// Without flags of their birth, as on darwin, sockets are told after; this kernel takes both ways.
describe.each([
  ['with the flags of this system', undefined],
  ['without flags, as on darwin', 0],
])('%s', (_, flags) => {
  test('openSocket() opens it close-on-exec and non-blocking', () => {
    const fd = opened(openSocket(abi.AF_INET, abi.SOCK_DGRAM, 0, flags))
    expectBornRight(fd)
    expect(recv(fd, new Uint8Array(1), 1, 0)).toBe(EAGAIN)
  })

  test('openSocket() gives the negated error number', () => {
    expect(openSocket(abi.AF_INET, abi.SOCK_STREAM, abi.IPPROTO_UDP, flags)).toBe(EPROTONOSUPPORT)
  })

  test('acceptSocket() accepts it close-on-exec and non-blocking, with the address of the peer', () => {
    const { fd, port } = listening()
    expect(acceptSocket(fd, flags)).toBe(EAGAIN)
    const client = opened(openSocket(abi.AF_INET, abi.SOCK_STREAM, abi.IPPROTO_TCP))
    const result = connect(client, sockaddrOut, putInet(abi.AF_INET, parseIP('127.0.0.1'), port, ''))
    expect([0, EINPROGRESS]).toContain(result)
    const accepted = opened(acceptSocket(fd, flags))
    expectBornRight(accepted)
    expect(getLength()).toBe(16)
    const [ip, peer] = [getIP().toString(), getPort()]
    resetLength()
    expect(getsockname(client, sockaddrIn, sockaddrInLength)).toBe(0)
    expect([ip, peer]).toEqual([getIP().toString(), getPort()])
  })
})

test.each(['dup2', 'dup3'] as const)(
  'dupCloseOnExec() with %s makes a number stand for the same socket',
  (how) => {
    const { port } = listening()
    const socket = openSocket(abi.AF_INET, abi.SOCK_STREAM, abi.IPPROTO_TCP)
    connect(socket, sockaddrOut, putInet(abi.AF_INET, parseIP('127.0.0.1'), port, ''))
    const own = opened(openSocket(abi.AF_INET, abi.SOCK_DGRAM, 0))
    expect(dupCloseOnExec(socket, own, how)).toBe(own)
    expect(close(socket)).toBe(0)
    expectBornRight(own)
    expect(send(own, Uint8Array.of(1), 1, 0)).toBe(1)
    expect(dupCloseOnExec(-1, own, how)).toBe(-abi.errno.EBADF)
  },
)
