import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { abi } from '../src/abi/system.ts'
import { openSocket } from '../src/fd/sock_cloexec.ts'
import * as sockopt from '../src/sys/sockopt.ts'
import { close } from '../src/sys/syscall.ts'
import { arches, offset, struct, systems } from './constants.ts'

const check = ledger(keepLeaks())
afterAll(check)

let fd: number

beforeEach(() => {
  fd = openSocket(abi.AF_INET, abi.SOCK_STREAM, abi.IPPROTO_TCP)
  expect(fd).toBeGreaterThanOrEqual(0)
})

afterEach(() => {
  expect(close(fd)).toBe(0)
})

function int(level: number, name: number): number {
  const out = { value: -1 }
  expect(sockopt.getsockoptInt(fd, level, name, out)).toBe(0)
  return out.value
}

const keepAlive = (): number[] => [
  int(abi.SOL_SOCKET, abi.SO_KEEPALIVE),
  int(abi.IPPROTO_TCP, abi.TCP_KEEPIDLE),
  int(abi.IPPROTO_TCP, abi.TCP_KEEPINTVL),
  int(abi.IPPROTO_TCP, abi.TCP_KEEPCNT),
]

describe.each(Object.keys(systems))('struct linger of %s', (name) => {
  test.each(arches)('is what setLinger() writes on %s', (arch) => {
    const s = struct(name, arch, 'Linger')
    expect(sockopt.setLinger(fd, 7)).toBe(0)
    const value = new Uint8Array(16)
    expect(sockopt.getsockoptBytes(fd, abi.SOL_SOCKET, abi.SO_LINGER, value)).toBe(s.size)
    const view = new DataView(value.buffer)
    expect(view.getInt32(offset(s, 'Onoff'), true)).toBe(1)
    expect(view.getInt32(offset(s, 'Linger'), true)).toBe(7)
  })
})

test('setLinger() turns it on for 0 and off for less', () => {
  const value = new Uint8Array(8)
  const linger = (seconds: number): number[] => {
    expect(sockopt.setLinger(fd, seconds)).toBe(0)
    sockopt.getsockoptBytes(fd, abi.SOL_SOCKET, abi.SO_LINGER, value)
    return [...new Int32Array(value.buffer)]
  }
  expect(linger(0)).toEqual([1, 0])
  expect(linger(-1)[0]).toBe(0)
})

test('setNoDelay() and setKeepAlive() set what the kernel then says', () => {
  for (const on of [true, false]) {
    expect(sockopt.setNoDelay(fd, on)).toBe(0)
    expect(int(abi.IPPROTO_TCP, abi.TCP_NODELAY)).toBe(on ? 1 : 0)
    expect(sockopt.setKeepAlive(fd, on)).toBe(0)
    expect(int(abi.SOL_SOCKET, abi.SO_KEEPALIVE)).toBe(on ? 1 : 0)
  }
})

test('setKeepAliveConfig() rounds milliseconds up to seconds, takes 0 for the defaults and leaves what is negative', () => {
  expect(sockopt.setKeepAliveConfig(fd, { enable: true, idle: 2001, interval: 3000, count: 4 })).toBe(0)
  expect(keepAlive()).toEqual([1, 3, 3, 4])
  expect(sockopt.setKeepAliveConfig(fd, { enable: true, idle: -1, interval: -1, count: -1 })).toBe(0)
  expect(keepAlive()).toEqual([1, 3, 3, 4])
  expect(sockopt.setKeepAliveConfig(fd, { enable: false })).toBe(0)
  expect(keepAlive()).toEqual([0, 15, 15, 9])
})

test('setKeepAliveOption() is on with the defaults unless it is false', () => {
  expect(sockopt.setKeepAliveOption(fd, false)).toBe(0)
  expect(keepAlive()[0]).toBe(0)
  expect(sockopt.setKeepAliveOption(fd, undefined)).toBe(0)
  expect(keepAlive()).toEqual([1, 15, 15, 9])
  expect(sockopt.setKeepAliveOption(fd, { enable: true, idle: 60_000 })).toBe(0)
  expect(keepAlive()).toEqual([1, 60, 15, 9])
})

test('setReadBuffer() and setWriteBuffer() set what the kernel then says, doubled as linux does', () => {
  expect(sockopt.setReadBuffer(fd, 65536)).toBe(0)
  expect(int(abi.SOL_SOCKET, abi.SO_RCVBUF)).toBe(2 * 65536)
  expect(sockopt.setWriteBuffer(fd, 32768)).toBe(0)
  expect(int(abi.SOL_SOCKET, abi.SO_SNDBUF)).toBe(2 * 32768)
})

test('options of what is no socket give the negated error number', () => {
  const bad = -abi.errno.EBADF
  expect(sockopt.setNoDelay(-1, true)).toBe(bad)
  expect(sockopt.setLinger(-1, 1)).toBe(bad)
  expect(sockopt.setKeepAliveConfig(-1, { enable: true })).toBe(bad)
  expect(sockopt.getsockoptBytes(-1, abi.SOL_SOCKET, abi.SO_LINGER, new Uint8Array(8))).toBe(bad)
  expect(sockopt.socketError(-1)).toBe(bad)
  expect(sockopt.socketError(fd)).toBe(0)
})
