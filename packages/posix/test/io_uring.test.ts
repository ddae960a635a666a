import { afterEach, beforeEach, expect, test } from 'vitest'
import { EAGAIN, EINTR } from '../src/abi/errno.ts'
import { linux } from '../src/abi/linux.ts'
import { IORING_OP_RECV, IORING_OP_SEND } from '../src/abi/io_uring.ts'
import { ENTRIES, firstPiece, IoUring, PIECE } from '../src/poll/io_uring.ts'
import { close, socketpair } from '../src/sys/syscall.ts'
import { noRing } from './ring.ts'

let ring: IoUring
let a = -1
let b = -1

beforeEach(() => {
  if (noRing !== '') return
  ring = new IoUring()
  const pair = new Int32Array(2)
  expect(socketpair(linux.AF_UNIX, linux.SOCK_STREAM, 0, new Uint8Array(pair.buffer))).toBe(0)
  ;[a = -1, b = -1] = pair
})

/** The piece of memory of a call: the first sends from, or receives into, the first of its kind. */
function piece(opcode: number, i: number): Uint8Array {
  const start = firstPiece(opcode) + i * PIECE
  return ring.memory.subarray(start, start + PIECE)
}

/** Receives by so many calls, of as many bytes as `lengths` says. */
function receive(fds: number[], lengths: number[]): number[] {
  return ring.make(
    IORING_OP_RECV,
    fds.map((number) => ({ number })),
    lengths,
  )
}

/** Sends by so many calls, of as many bytes as `lengths` says. */
function send(fds: number[], lengths: number[]): number[] {
  return ring.make(
    IORING_OP_SEND,
    fds.map((number) => ({ number })),
    lengths,
  )
}

afterEach(() => {
  if (noRing !== '') return
  for (const fd of [a, b]) expect(close(fd)).toBe(0)
  ring.close()
})

test.skipIf(noRing !== '')(
  `IoUring.make() makes all calls in their order, none of which waits, and gives the result of each ${noRing}`,
  () => {
    expect(receive([b], [8])).toEqual([EAGAIN])
    piece(IORING_OP_SEND, 0).set([1, 2])
    piece(IORING_OP_SEND, 1).set([3])
    expect(send([a, a], [2, 1])).toEqual([2, 1])
    expect(receive([b, b, -1], [2, 8, 8])).toEqual([2, 1, 0 - linux.errno.EBADF])
    const received = [0, 1, 2].map((i) => [...piece(IORING_OP_RECV, i).subarray(0, 2)])
    expect(received).toEqual([
      [1, 2],
      [3, 0],
      [0, 0],
    ])
  },
)

test.skipIf(noRing !== '')(
  `IoUring.make() makes as many as there is room for, again and again ${noRing}`,
  () => {
    for (let round = 0; round < 100; round++) {
      const count = 1 + ((round * 37) % ENTRIES)
      const fds = new Array<number>(count)
      for (let i = 0; i < count; i++) piece(IORING_OP_SEND, i)[0] = round + i
      expect(send(fds.fill(a), new Array<number>(count).fill(1))).toEqual(new Array(count).fill(1))
      expect(receive([b], [PIECE])).toEqual([count])
      const expected = Array.from({ length: count }, (_, i) => (round + i) & 0xff)
      expect([...piece(IORING_OP_RECV, 0).subarray(0, count)]).toEqual(expected)
    }
  },
)

test.skipIf(noRing !== '')(`a send that the kernel has no room for is refused ${noRing}`, () => {
  const sent: number[] = []
  while (sent.at(-1) !== EAGAIN)
    sent.push(...send(new Array<number>(ENTRIES).fill(a), new Array<number>(ENTRIES).fill(PIECE)))
  const bytes = sent.reduce((sum, n) => sum + Math.max(n, 0), 0)
  let received = 0
  for (;;) {
    const [n = 0] = receive([b], [PIECE])
    if (n === EAGAIN) break
    if (n !== EINTR) received += n // A call that was interrupted is made again.
  }
  expect(received).toBe(bytes)
})
