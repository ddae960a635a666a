import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { EAGAIN } from '../src/abi/errno.ts'
import { abi } from '../src/abi/system.ts'
import { parseUnixRights, unixRights } from '../src/wire/cmsg.ts'
import {
  messageLayout,
  received,
  recvmsg,
  sendmsg,
  SizeofIovec,
  SizeofMsghdr,
  Structs,
} from '../src/wire/msg.ts'
import {
  getLength,
  putInet,
  resetLength,
  sockaddrOut,
  sockaddrIn,
  sockaddrInLength,
  getPort,
} from '../src/wire/sockaddr.ts'
import { openSocket } from '../src/fd/sock_cloexec.ts'
import { ffi } from '../src/sys/ffi.ts'
import { bind, close, fcntl, getsockname, socketpair } from '../src/sys/syscall.ts'
import { arches, offset, struct, systems } from './constants.ts'

const check = ledger(keepLeaks())
afterAll(check)

describe.each(Object.entries(systems))('struct msghdr of %s', (name, on) => {
  test.each(arches)('has the layout of Go on %s', (arch) => {
    const s = struct(name, arch, 'Msghdr')
    const { size, ...fields } = messageLayout(on, 8)
    expect(size).toBe(s.size)
    for (const [field, at] of Object.entries(fields)) expect(at, field).toBe(offset(s, field))
    const vector = struct(name, arch, 'Iovec')
    expect([vector.size, offset(vector, 'Base'), offset(vector, 'Len')]).toEqual([16, 0, 8])
  })
})

test('messageLayout() of a 32-bit linux has the 28 bytes of its header', () => {
  expect(messageLayout(abi, 4)).toMatchObject({ Iov: 8, Controllen: 20, Flags: 24, size: 28 })
})

test('Structs.setVector() points to the bytes of a view, and nowhere for an empty one', () => {
  const s = new Structs(SizeofIovec)
  const memory = new Uint8Array(100)
  s.setVector(0, memory.subarray(10, 30))
  const view = new DataView(s.bytes.buffer)
  expect(view.getBigUint64(0, true)).toBe(ffi().address(memory) + 10n)
  expect(view.getBigUint64(8, true)).toBe(20n)
  s.setVector(0, new Uint8Array(0))
  expect([view.getBigUint64(0, true), view.getBigUint64(8, true)]).toEqual([0n, 0n])
  expect(SizeofMsghdr).toBe(56)
})

let a: number
let b: number

beforeEach(() => {
  const pair = new Int32Array(2)
  const flags = abi.SOCK_DGRAM | abi.SOCK_CLOEXEC | abi.SOCK_NONBLOCK
  expect(socketpair(abi.AF_UNIX, flags, 0, new Uint8Array(pair.buffer))).toBe(0)
  a = pair[0] ?? -1
  b = pair[1] ?? -1
})

afterEach(() => {
  close(a)
  close(b)
})

test('recvmsg() gives what sendmsg() sent, without control messages when there are none', () => {
  expect(sendmsg(a, Uint8Array.of(1, 2, 3), null, 0, 0)).toBe(3)
  const p = new Uint8Array(10)
  expect(recvmsg(b, p, new Uint8Array(64), 0)).toBe(3)
  expect([...p.subarray(0, 3)]).toEqual([1, 2, 3])
  expect(received).toEqual({ oobn: 0, flags: 0 })
  expect(getLength()).toBe(0)
  expect(recvmsg(b, p, null, 0)).toBe(EAGAIN)
})

test('recvmsg() tells by MSG_TRUNC that a packet did not fit, and takes an empty one', () => {
  expect(sendmsg(a, new Uint8Array(100), null, 0, 0)).toBe(100)
  expect(recvmsg(b, new Uint8Array(10), null, 0)).toBe(10)
  expect(received.flags).toBe(abi.MSG_TRUNC)
  expect(sendmsg(a, new Uint8Array(0), null, 0, 0)).toBe(0)
  expect(recvmsg(b, new Uint8Array(0), null, 0)).toBe(0)
  expect(received.flags).toBe(0)
})

test('sendmsg() passes descriptors, which recvmsg() with MSG_CMSG_CLOEXEC gets close-on-exec', () => {
  const oob = unixRights(a, b)
  expect(sendmsg(a, Uint8Array.of(1), oob, 0, 0)).toBe(1)
  const control = new Uint8Array(100)
  expect(recvmsg(b, new Uint8Array(1), control, abi.MSG_CMSG_CLOEXEC)).toBe(1)
  expect(received.oobn).toBe(oob.byteLength)
  const fds = parseUnixRights(control.subarray(0, received.oobn))
  expect(fds).toHaveLength(2)
  for (const fd of fds) {
    expect(fcntl(fd, abi.F_GETFD, 0)).toBe(abi.FD_CLOEXEC)
    expect(close(fd)).toBe(0)
  }
})

test('recvmsg() tells by MSG_CTRUNC that descriptors did not fit, and leaks none', () => {
  expect(sendmsg(a, Uint8Array.of(1), unixRights(a, b), 0, 0)).toBe(1)
  const control = new Uint8Array(unixRights(a).byteLength - 4)
  expect(recvmsg(b, new Uint8Array(1), control, abi.MSG_CMSG_CLOEXEC)).toBe(1)
  expect(received.flags & abi.MSG_CTRUNC).toBe(abi.MSG_CTRUNC)
  const fds = parseUnixRights(control.subarray(0, received.oobn))
  expect(fds).toHaveLength(1)
  for (const fd of fds) close(fd)
})

test('sendmsg() goes to the address in sockaddrOut, and recvmsg() leaves the sender in sockaddrIn', () => {
  const sockets = [0, 0].map(() => openSocket(abi.AF_INET, abi.SOCK_DGRAM, abi.IPPROTO_UDP))
  const ports = sockets.map((fd) => {
    expect(bind(fd, sockaddrOut, putInet(abi.AF_INET, null, 0, ''))).toBe(0)
    resetLength()
    expect(getsockname(fd, sockaddrIn, sockaddrInLength)).toBe(0)
    return getPort()
  })
  const [from = -1, to = -1] = sockets
  expect(sendmsg(from, Uint8Array.of(7), null, putInet(abi.AF_INET, null, ports[1] ?? 0, ''), 0)).toBe(1)
  const p = new Uint8Array(4)
  expect(recvmsg(to, p, null, 0)).toBe(1)
  expect([p[0], getPort(), getLength()]).toEqual([7, ports[0], 16])
  for (const fd of sockets) close(fd)
})

test('recvmsg() and sendmsg() of what is no socket give the negated error number', () => {
  const bad = -abi.errno.EBADF
  expect(recvmsg(-1, new Uint8Array(1), null, 0)).toBe(bad)
  expect(sendmsg(-1, new Uint8Array(1), null, 0, 0)).toBe(bad)
  expect(sendmsg(a, new Uint8Array(1), unixRights(1_000_000), 0, 0)).toBe(bad)
})
