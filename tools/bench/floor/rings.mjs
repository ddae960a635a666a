// io_uring(7) through koffi: its two rings, and the buffers that receives are given. Constants of linux/io_uring.h; the layout
// is that of little-endian machines.
import koffi from 'koffi'
import { must } from './libc.mjs'

const libc = koffi.load(null)
const setup = libc.func('int64_t syscall(int64_t number, uint32_t entries, void *params)')
const register = libc.func(
  'int64_t syscall(int64_t number, uint32_t fd, uint32_t op, void *arg, uint32_t count)',
)
const enter = libc.func(
  'int64_t syscall(int64_t number, uint32_t fd, uint32_t submit, uint32_t wait, uint32_t flags, void *arg, uint64_t size)',
)
const mmap = libc.func(
  'void *mmap(void *at, size_t length, int protection, int flags, int fd, int64_t offset)',
)
const eventfd = libc.func('int eventfd(uint32_t value, int flags)')
const read = libc.func('int64_t read(int fd, void *p, size_t length)')

const SETUP = 425
const ENTER = 426
const REGISTER = 427
// CQSIZE, SUBMIT_ALL, TASKRUN_FLAG, SINGLE_ISSUER, DEFER_TASKRUN, NO_SQARRAY: linux 6.6
const SETUP_FLAGS = 0x8 | 0x80 | 0x200 | 0x1000 | 0x2000 | 0x10000
const OFF_SQES = 0x10000000
const ENTER_GETEVENTS = 1
const SQ_TASKRUN = 4
const CQ_EVENTFD_DISABLED = 1
const REGISTER_EVENTFD = 4
const REGISTER_PBUF_RING = 22
const SHARED = 0x1 | 0x8000 // MAP_SHARED, MAP_POPULATE
const PRIVATE = 0x22 // MAP_PRIVATE, MAP_ANONYMOUS
const READ_WRITE = 3
const EFD_NONBLOCK = 0o4000
const EINTR = 4
const SQE = 64 // bytes
const CQE = 16 // bytes

/** Memory outside of the heap, with the two halves of its address. */
export class Memory {
  /** Maps so many bytes, of a descriptor or of nothing. */
  constructor(byteLength, flags = PRIVATE, fd = -1, offset = 0) {
    const p = mmap(null, byteLength, READ_WRITE, flags, fd, offset)
    this.address = koffi.address(p)
    this.buffer = koffi.view(p, byteLength)
    this.bytes = new Uint8Array(this.buffer)
  }
}

/** A ring of submissions and one of completions. */
export class Ring {
  /** An eventfd(2) that is told of completions while nobody looks for them. */
  event = must(eventfd(0, EFD_NONBLOCK), 'eventfd')
  #fd
  #entries
  #ring
  #results
  #sqes
  #sqTail
  #sqFlags
  #cqHead
  #cqTail
  #cqFlags
  #cqes
  #cqMask
  #tail = 0
  #submitted = 0
  #count = new Uint8Array(8)
  #told
  /** Node’s watch, which koffi closes when nothing refers to it. */
  watching = null

  /** Opens rings of so many entries; `told` is called with slot, kind, result and flags of what is complete. */
  constructor(entries, told) {
    this.#told = told
    const params = new Uint32Array(30)
    params[1] = entries * 4
    params[2] = SETUP_FLAGS
    this.#fd = Number(must(setup(SETUP, entries, params), 'io_uring_setup'))
    const [sqEntries, cqEntries] = params
    const sq = params.subarray(10, 20) // struct io_sqring_offsets
    const cq = params.subarray(20, 30) // struct io_cqring_offsets
    const rings = new Memory(cq[5] + cqEntries * CQE, SHARED, this.#fd, 0)
    this.#ring = new Uint32Array(rings.buffer, 0, rings.bytes.byteLength >> 2)
    this.#results = new Int32Array(rings.buffer, 0, rings.bytes.byteLength >> 2)
    this.#sqes = new Uint32Array(new Memory(sqEntries * SQE, SHARED, this.#fd, OFF_SQES).buffer)
    this.#entries = sqEntries
    this.#cqMask = cqEntries - 1
    ;[this.#sqTail, this.#sqFlags] = [sq[1] >> 2, sq[4] >> 2]
    ;[this.#cqHead, this.#cqTail, this.#cqes, this.#cqFlags] = [
      cq[0] >> 2,
      cq[1] >> 2,
      cq[5] >> 2,
      cq[6] >> 2,
    ]
    must(register(REGISTER, this.#fd, REGISTER_EVENTFD, Int32Array.of(this.event), 1), 'io_uring_register')
  }

  /** Gives the kernel a ring of buffers, as group 0. */
  provide(ring, count) {
    const registration = new BigUint64Array(5) // struct io_uring_buf_reg
    registration[0] = ring.address
    new Uint32Array(registration.buffer)[2] = count
    must(register(REGISTER, this.#fd, REGISTER_PBUF_RING, registration, 1), 'io_uring_register')
  }

  /** Puts an operation into the ring: operation, flags and priority in one word, then the fields of struct io_uring_sqe. */
  put(what, fd, address, length, opFlags, slot, kind) {
    if (this.#tail - this.#submitted === this.#entries) this.#enter()
    const sqes = this.#sqes
    const at = (this.#tail++ & (this.#entries - 1)) * (SQE / 4)
    sqes.fill(0, at, at + SQE / 4)
    sqes[at] = what
    sqes[at + 1] = fd
    sqes[at + 4] = address % 2 ** 32
    sqes[at + 5] = address / 2 ** 32
    sqes[at + 6] = length
    sqes[at + 7] = opFlags
    sqes[at + 8] = slot
    sqes[at + 9] = kind
  }

  /** Whether somebody looks for completions, so that the eventfd need not be told. */
  set isWatched(on) {
    this.#ring[this.#cqFlags] = on ? CQ_EVENTFD_DISABLED : 0
  }

  /** Whether there is something to submit or to take. */
  get hasWork() {
    const ring = this.#ring
    if (this.#tail !== this.#submitted || (Atomics.load(ring, this.#sqFlags) & SQ_TASKRUN) !== 0) return true
    return Atomics.load(ring, this.#cqTail) !== ring[this.#cqHead]
  }

  /** Submits and takes what there is, in one system call, or in none. Gives how many operations are complete. */
  turn() {
    if (!this.hasWork) return 0
    this.#enter()
    const ring = this.#ring
    const end = Atomics.load(ring, this.#cqTail)
    let head = ring[this.#cqHead]
    let n = 0
    for (; head !== end; n++) {
      const at = this.#cqes + (head & this.#cqMask) * (CQE / 4)
      head = (head + 1) >>> 0
      this.#told(ring[at], ring[at + 1], this.#results[at + 2], ring[at + 3])
    }
    Atomics.store(ring, this.#cqHead, head)
    return n
  }

  /** Has Node's event loop call `f` when the eventfd was told. */
  watch(f) {
    this.watching = koffi.node.poll(this.event, { readable: true }, f)
  }

  /** Takes back what the eventfd was told. */
  woken() {
    read(this.event, this.#count, 8)
  }

  #enter() {
    Atomics.store(this.#ring, this.#sqTail, this.#tail)
    const count = this.#tail - this.#submitted
    this.#submitted = this.#tail
    const result = enter(ENTER, this.#fd, count, 0, ENTER_GETEVENTS, null, 0)
    if (result < 0 && koffi.errno() !== EINTR) must(result, 'io_uring_enter')
  }
}

/** Buffers that the kernel takes receives into: group 0 of a ring. */
export class ProvidedBuffers {
  /** The memory of all. */
  memory
  /** The bytes of each. */
  size
  #ring
  #words
  #halves
  #count
  #tail = 0

  /** Makes `count` buffers, a power of two, of `size` bytes. */
  constructor(ring, count, size) {
    this.memory = new Memory(count * size)
    this.size = size
    this.#count = count
    this.#ring = new Memory(count * 16)
    this.#words = new Uint32Array(this.#ring.buffer)
    this.#halves = new Uint16Array(this.#ring.buffer)
    ring.provide(this.#ring, count)
    for (let i = 0; i < count; i++) this.give(i)
  }

  /** Gives a buffer to the kernel (struct io_uring_buf: address, length, number). */
  give(number) {
    const at = (this.#tail++ & (this.#count - 1)) * 4
    const address = Number(this.memory.address) + number * this.size
    this.#words[at] = address % 2 ** 32
    this.#words[at + 1] = address / 2 ** 32
    this.#words[at + 2] = this.size
    this.#halves[at * 2 + 6] = number
    Atomics.store(this.#halves, 7, this.#tail & 0xffff)
  }
}
