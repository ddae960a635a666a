import { afterEach, beforeEach, expect, test } from 'vitest'
import { EAGAIN, EINTR } from '../src/abi/errno.ts'
import { linux } from '../src/abi/linux.ts'
import { ENTRIES, IoUring, ioUring } from '../src/poll/io_uring.ts'
import { ffi } from '../src/sys/ffi.ts'
import { close, socketpair } from '../src/sys/syscall.ts'
import { noRing } from './ring.ts'

const { IORING_OP_RECV, IORING_OP_SEND } = ioUring
const memory = new Uint8Array(8192)
let ring: IoUring
let address: number
let a = -1
let b = -1

beforeEach(() => {
  if (noRing !== '') return
  ring = new IoUring()
  address = Number(ffi().address(memory.fill(0)))
  const pair = new Int32Array(2)
  expect(socketpair(linux.AF_UNIX, linux.SOCK_STREAM, 0, new Uint8Array(pair.buffer))).toBe(0)
  ;[a = -1, b = -1] = pair
})

afterEach(() => {
  if (noRing !== '') return
  for (const fd of [a, b]) expect(close(fd)).toBe(0)
  ring.close()
})

test.skipIf(noRing !== '')(
  `IoUring.enter() makes all calls in their order, none of which waits, and gives the result of each ${noRing}`,
  () => {
    memory.set([1, 2, 3])
    ring.add(IORING_OP_RECV, b, address + 64, 8, 0)
    ring.add(IORING_OP_SEND, a, address, 3, linux.MSG_NOSIGNAL)
    ring.add(IORING_OP_RECV, b, address + 64, 2, 0)
    ring.add(IORING_OP_RECV, b, address + 128, 8, 0)
    ring.add(IORING_OP_RECV, -1, address + 192, 8, 0)
    expect(ring.enter()).toEqual([EAGAIN, 3, 2, 1, 0 - linux.errno.EBADF])
    expect([...memory.subarray(64, 66), memory[128], memory[192]]).toEqual([1, 2, 3, 0])
  },
)

test.skipIf(noRing !== '')(
  `IoUring.enter() makes as many as there is room for, again and again ${noRing}`,
  () => {
    for (let round = 0; round < 100; round++) {
      const count = 1 + ((round * 37) % ENTRIES)
      memory.fill(round + 1, 0, 1)
      for (let i = 0; i < count; i++) ring.add(IORING_OP_SEND, a, address, 1, 0)
      expect(ring.enter()).toEqual(new Array(count).fill(1))
      ring.add(IORING_OP_RECV, b, address + 64, 4096, 0)
      expect(ring.enter()).toEqual([count])
      expect(memory.subarray(64, 64 + count).every((byte) => byte === round + 1)).toBe(true)
    }
  },
)

test.skipIf(noRing !== '')(
  `a send that the kernel has no room for is cut short, then refused ${noRing}`,
  () => {
    const sent: number[] = []
    for (let i = 0; i < ENTRIES; i++) ring.add(IORING_OP_SEND, a, address, 8192, 0)
    while (sent.at(-1) !== EAGAIN) {
      sent.push(...ring.enter())
      ring.add(IORING_OP_SEND, a, address, 8192, 0)
    }
    ring.enter()
    const bytes = sent.reduce((sum, n) => sum + Math.max(n, 0), 0)
    let received = 0
    for (;;) {
      ring.add(IORING_OP_RECV, b, address, 8192, 0)
      const [n = 0] = ring.enter()
      if (n === EAGAIN) break
      if (n !== EINTR) received += n // A call that was interrupted is made again.
    }
    expect(received).toBe(bytes)
  },
)
