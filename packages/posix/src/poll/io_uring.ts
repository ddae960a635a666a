// Constants and structures of linux/io_uring.h.
import { abi } from '../abi/system.ts'
import { EINTR } from '../abi/errno.ts'
import { closeDescriptor, ownDescriptor } from '../sys/descriptor.ts'
import { ffi } from '../sys/ffi.ts'
import { syscall, syscallError } from '../sys/syscall.ts'

/** The constants of io_uring(7) that are used here. */
export const ioUring = {
  IORING_SETUP_SUBMIT_ALL: 0x80,
  IORING_SETUP_SINGLE_ISSUER: 0x1000,
  IORING_SETUP_NO_MMAP: 0x4000,
  IORING_SETUP_NO_SQARRAY: 0x10000,
  IORING_ENTER_GETEVENTS: 0x1,
  IORING_OP_SEND: 26,
  IORING_OP_RECV: 27,
} as const

// The numbers are the same on every architecture that Node runs on.
const IO_URING_SETUP = 425
const IO_URING_ENTER = 426

// Some hosts bind a function with one signature only, so a pointer to a structure goes as its address.
const call = syscall(
  'intptr_t syscall(unsigned long number, unsigned long fd, unsigned long submit, unsigned long complete, unsigned long flags, void *arg, size_t size)',
)

// Linux 6.6 has all of them. The rings lie in memory of this program, so that nothing is left of them when a thread ends, and that of
// each has to be within a page.
const FLAGS =
  ioUring.IORING_SETUP_SUBMIT_ALL |
  ioUring.IORING_SETUP_SINGLE_ISSUER |
  ioUring.IORING_SETUP_NO_MMAP |
  ioUring.IORING_SETUP_NO_SQARRAY

const SIZE = 4096 // bytes of either ring: a page where pages are smallest
const ALIGNMENT = 65536 // bytes: a page where they are largest

/** How many calls go together at most: as many as there is room for. */
export const ENTRIES = 64

/*
 * struct io_uring_sqe, 32-bit words        struct io_uring_cqe
 *   0 opcode, flags, ioprio  1 fd            0 user_data
 *   2 off                                    2 res
 *   4 addr                                   3 flags
 *   6 len                    7 msg_flags
 *   8 user_data
 *   10 - 15
 */
const SQE = 16
const CQE = 4

/*
 * struct io_uring_params, 32-bit words
 *   0 sq_entries  1 cq_entries  2 flags  3 sq_thread_cpu  4 sq_thread_idle  5 features  6 wq_fd  7 - 9
 *   10 sq_off: head tail ring_mask ring_entries flags dropped array resv1 user_addr (2)
 *   20 cq_off: head tail ring_mask ring_entries overflow cqes flags resv1 user_addr (2)
 */
const PARAMS = 30
const SQ_HEAD = 10
const SQ_TAIL = 11
const SQ_ADDR = 18
const CQ_HEAD = 20
const CQ_TAIL = 21
const CQ_MASK = 22
const CQ_CQES = 25
const CQ_ADDR = 28

/**
 * Sends and receives that one system call makes. None of them waits (MSG_DONTWAIT), so each is over when that call is: nothing
 * is ever under way in the kernel, and nothing has to be taken back from it.
 */
export class IoUring {
  readonly #fd: number
  readonly #sqes: Uint32Array
  readonly #rings: Uint32Array
  readonly #results: Int32Array // the rings once more, with signs
  // where in them the kernel's and our ends of either ring are
  readonly #taken: number
  readonly #added: number
  readonly #seen: number
  readonly #complete: number
  readonly #cqes: number
  readonly #mask: number
  #count = 0

  /** Opens a ring. Throws where the kernel has none of that kind, or does not let this process have it. */
  constructor() {
    const memory = alignedMemory(2 * ALIGNMENT)
    const address = ffi().address(memory)
    const params = new Uint32Array(PARAMS)
    params[2] = FLAGS
    setAddress(params, SQ_ADDR, address)
    setAddress(params, CQ_ADDR, address + BigInt(ALIGNMENT))
    const where = Number(ffi().address(new Uint8Array(params.buffer)))
    this.#fd = ownDescriptor(call(IO_URING_SETUP, ENTRIES, where, 0, 0, null, 0))
    if (this.#fd < 0) throw syscallError('io_uring_setup', this.#fd)
    this.#sqes = new Uint32Array(memory.buffer, memory.byteOffset, SIZE / 4)
    this.#rings = new Uint32Array(memory.buffer, memory.byteOffset + ALIGNMENT, SIZE / 4)
    this.#results = new Int32Array(memory.buffer, memory.byteOffset + ALIGNMENT, SIZE / 4)
    const at = (field: number): number => (params[field] ?? 0) / 4
    this.#taken = at(SQ_HEAD)
    this.#added = at(SQ_TAIL)
    this.#seen = at(CQ_HEAD)
    this.#complete = at(CQ_TAIL)
    this.#cqes = at(CQ_CQES)
    this.#mask = this.#rings[at(CQ_MASK)] ?? 0
  }

  /** Adds a call, of which there may be {@link ENTRIES}: IORING_OP_RECV or IORING_OP_SEND of memory that stays where it is. */
  add(opcode: number, fd: number, address: number, length: number, flags: number): void {
    const sqes = this.#sqes
    const index = this.#count++
    const at = (((this.#rings[this.#added] ?? 0) + index) % ENTRIES) * SQE
    sqes[at] = opcode
    sqes[at + 1] = fd
    sqes[at + 4] = address % 2 ** 32
    sqes[at + 5] = address / 2 ** 32
    sqes[at + 6] = length
    sqes[at + 7] = flags | abi.MSG_DONTWAIT
    sqes[at + 8] = index
  }

  /**
   * Makes the calls. Gives the result of each: bytes, or a negated error number, which is that of an interrupted call where the
   * kernel did not come to make it.
   */
  enter(): number[] {
    const rings = this.#rings
    const count = this.#count
    const results = new Array<number>(count).fill(EINTR)
    this.#count = 0
    rings[this.#added] = (rings[this.#added] ?? 0) + count
    for (let missing = count; missing > 0; missing -= this.#take(results)) {
      const flags = ioUring.IORING_ENTER_GETEVENTS
      if (call(IO_URING_ENTER, this.#fd, count, missing, flags, null, 0) < 0) break
    }
    // What it has not taken after an error is taken back.
    rings[this.#added] = rings[this.#taken] ?? 0
    return results
  }

  #take(results: number[]): number {
    const rings = this.#rings
    const signed = this.#results
    const first = this.#cqes
    const mask = this.#mask
    const seen = rings[this.#seen] ?? 0
    const complete = rings[this.#complete] ?? 0
    for (let i = seen; i !== complete; i = (i + 1) >>> 0) {
      const at = first + (i & mask) * CQE
      results[rings[at] ?? 0] = signed[at + 2] ?? 0
    }
    rings[this.#seen] = complete
    return (complete - seen) >>> 0
  }

  /** Closes it. */
  close(): void {
    closeDescriptor(this.#fd)
  }
}

function alignedMemory(byteLength: number): Uint8Array<ArrayBuffer> {
  const buffer = new ArrayBuffer(byteLength + ALIGNMENT)
  const address = Number(ffi().address(new Uint8Array(buffer)) % BigInt(ALIGNMENT))
  return new Uint8Array(buffer, (ALIGNMENT - address) % ALIGNMENT, byteLength)
}

function setAddress(words: Uint32Array, at: number, address: bigint): void {
  words[at] = Number(address % 2n ** 32n)
  words[at + 1] = Number(address / 2n ** 32n)
}
