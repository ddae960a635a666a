import {
  CQ_ADDR,
  CQ_CQES,
  CQ_HEAD,
  CQ_MASK,
  CQ_TAIL,
  CQE,
  CQE_RES,
  IO_URING_ENTER,
  IO_URING_SETUP,
  IORING_ENTER_GETEVENTS,
  IORING_OP_SEND,
  IORING_SETUP_NO_MMAP,
  IORING_SETUP_NO_SQARRAY,
  IORING_SETUP_SINGLE_ISSUER,
  IORING_SETUP_SUBMIT_ALL,
  PARAMS,
  PARAMS_FLAGS,
  SQ_ADDR,
  SQ_HEAD,
  SQ_TAIL,
  SQE,
  SQE_ADDR,
  SQE_FD,
  SQE_LEN,
  SQE_MSG_FLAGS,
  SQE_USER_DATA,
} from '../abi/io_uring.ts'
import { abi } from '../abi/system.ts'
import { EINTR } from '../abi/errno.ts'
import { closeDescriptor, ownDescriptor } from '../sys/descriptor.ts'
import { ffi } from '../sys/ffi.ts'
import { syscall, syscallError } from '../sys/syscall.ts'

// Some hosts bind a function with one signature only, so a pointer to a structure goes as its address.
const call = syscall(
  'intptr_t syscall(unsigned long number, unsigned long fd, unsigned long submit, unsigned long complete, unsigned long flags, void *arg, size_t size)',
)

// Linux 6.6 has all of them. The rings lie in memory of this program, so that nothing is left of them when a thread ends, and that of
// each has to be within a page.
const FLAGS =
  IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_NO_MMAP | IORING_SETUP_NO_SQARRAY

const SIZE = 4096 // bytes of either ring: a page where pages are smallest
const ALIGNMENT = 65536 // bytes: a page where they are largest

/** How many calls go together at most: as many as there is room for, a power of two. */
export const ENTRIES = 64

/** The size of what a call receives into, or sends from, in bytes. */
export const PIECE = 2048

/** A receive or a send. */
export interface Call {
  /** The number of its descriptor. */
  readonly number: number
}

/**
 * Sends and receives that one system call makes. None of them waits (MSG_DONTWAIT), so each is over when that call is: nothing
 * is ever under way in the kernel, and nothing has to be taken back from it.
 */
export class IoUring {
  /** {@link ENTRIES} pieces to receive into, then as many to send from, in the order of the calls. */
  readonly memory: Uint8Array
  readonly #address: number // the lower half of that of the memory
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

  /** Opens a ring. Throws where the kernel has none of that kind, or does not let this process have it. */
  constructor() {
    const rings = alignedMemory(2 * ALIGNMENT, ALIGNMENT)
    const address = ffi().address(rings)
    const params = new Uint32Array(PARAMS)
    params[PARAMS_FLAGS] = FLAGS
    setAddress(params, SQ_ADDR, address)
    setAddress(params, CQ_ADDR, address + BigInt(ALIGNMENT))
    const where = Number(ffi().address(new Uint8Array(params.buffer)))
    this.#fd = ownDescriptor(call(IO_URING_SETUP, ENTRIES, where, 0, 0, null, 0))
    if (this.#fd < 0) throw syscallError('io_uring_setup', this.#fd)
    this.#sqes = new Uint32Array(rings.buffer, rings.byteOffset, SIZE / 4)
    this.#rings = new Uint32Array(rings.buffer, rings.byteOffset + ALIGNMENT, SIZE / 4)
    this.#results = new Int32Array(rings.buffer, rings.byteOffset + ALIGNMENT, SIZE / 4)
    const at = (field: number): number => (params[field] ?? 0) / 4
    this.#taken = at(SQ_HEAD)
    this.#added = at(SQ_TAIL)
    this.#seen = at(CQ_HEAD)
    this.#complete = at(CQ_TAIL)
    this.#cqes = at(CQ_CQES)
    this.#mask = this.#rings[at(CQ_MASK)] ?? 0
    // All pieces have the same upper half of their address, as memory that is aligned to its size does not cross such a border.
    this.memory = alignedMemory(2 * ENTRIES * PIECE, 2 * ENTRIES * PIECE)
    const pieces = Number(ffi().address(this.memory))
    this.#address = pieces % 2 ** 32
    for (let i = 0; i < ENTRIES; i++) {
      this.#sqes[i * SQE + SQE_ADDR + 1] = pieces / 2 ** 32
      this.#sqes[i * SQE + SQE_MSG_FLAGS] = abi.MSG_DONTWAIT | abi.MSG_NOSIGNAL
      this.#sqes[i * SQE + SQE_USER_DATA] = i
    }
  }

  /**
   * Makes a call for each of `calls`, of which there may be {@link ENTRIES}: IORING_OP_RECV or IORING_OP_SEND of as many bytes of its
   * piece of {@link memory} as `lengths` says, of which no other call is under way. Gives the result of each: bytes, or a negated error
   * number, which is that of an interrupted call where the kernel did not come to make it.
   */
  make(opcode: number, calls: readonly Call[], lengths: readonly number[]): number[] {
    const sqes = this.#sqes
    const rings = this.#rings
    const count = calls.length
    const first = rings[this.#added] ?? 0
    const address = this.#address + firstPiece(opcode)
    for (let i = 0; i < count; i++) {
      const at = ((first + i) % ENTRIES) * SQE
      sqes[at] = opcode
      sqes[at + SQE_FD] = calls[i]?.number ?? -1
      sqes[at + SQE_ADDR] = address + i * PIECE
      sqes[at + SQE_LEN] = lengths[i] ?? 0
    }
    const results = new Array<number>(count).fill(EINTR)
    rings[this.#added] = first + count
    for (let missing = count; missing > 0; missing -= this.#take(results, first)) {
      if (call(IO_URING_ENTER, this.#fd, count, missing, IORING_ENTER_GETEVENTS, null, 0) < 0) break
    }
    // What it has not taken after an error is taken back.
    rings[this.#added] = rings[this.#taken] ?? 0
    return results
  }

  /** Takes the results of calls, the first of which was added at `first`. Gives how many there were. */
  #take(results: number[], first: number): number {
    const rings = this.#rings
    const signed = this.#results
    const cqes = this.#cqes
    const mask = this.#mask
    const seen = rings[this.#seen] ?? 0
    const complete = rings[this.#complete] ?? 0
    for (let i = seen; i !== complete; i = (i + 1) >>> 0) {
      const at = cqes + (i & mask) * CQE
      const called = rings[at] ?? 0
      results[(called - first) & (ENTRIES - 1)] = signed[at + CQE_RES] ?? 0
    }
    rings[this.#seen] = complete
    return (complete - seen) >>> 0
  }

  /** Closes it. */
  close(): void {
    closeDescriptor(this.#fd)
  }
}

/** The offset in the memory of a ring at which the pieces of all calls of a kind begin. */
export function firstPiece(opcode: number): number {
  return opcode === IORING_OP_SEND ? ENTRIES * PIECE : 0
}

function alignedMemory(byteLength: number, alignment: number): Uint8Array<ArrayBuffer> {
  const buffer = new ArrayBuffer(byteLength + alignment)
  const address = Number(ffi().address(new Uint8Array(buffer)) % BigInt(alignment))
  return new Uint8Array(buffer, (alignment - address) % alignment, byteLength)
}

function setAddress(words: Uint32Array, at: number, address: bigint): void {
  words[at] = Number(address % 2n ** 32n)
  words[at + 1] = Number(address / 2n ** 32n)
}
