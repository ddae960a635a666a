// struct msghdr and struct iovec of sys/socket.h and sys/uio.h.
import { type IOOptions, checkBuffers, byteLengthOf } from '@net/contract'
import { checkKept, type LaneOwner } from '@net/io'
import { EAGAIN } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import type { FD } from './fd.ts'
import { messageLayout, SizeofIovec, SizeofMsghdr, Structs, wordBytes } from '../wire/msg.ts'
import { FDOp } from './op.ts'
import { syscall, syscallError } from '../sys/syscall.ts'

const IOV_MAX = 1024 // limits.h of every kernel served

// sendmsg stands in for writev(2), which cannot be told to raise no SIGPIPE.
const sendmsg = syscall('intptr_t sendmsg(int fd, const void *msg, int flags)')

const layout = messageLayout(abi, wordBytes)
// Calls do not nest, so one message serves them all; it has neither name nor control messages.
const message = new Structs(SizeofMsghdr + IOV_MAX * SizeofIovec)

/** Waits for room and writes all of several buffers, in order. */
class VectorWriteOp extends FDOp<number> {
  readonly #buffers: readonly Uint8Array[]
  readonly #lengths: readonly number[] // bytes of each, as they were at the call
  #index = 0 // the buffer that is next
  #offset = 0 // the bytes of it that have gone
  #n = 0

  constructor(fd: FD, buffers: readonly Uint8Array[]) {
    super('writev', fd)
    this.#buffers = buffers
    this.#lengths = buffers.map((p) => byteLengthOf(p))
  }

  attempt(): boolean {
    this.#advance(0)
    while (this.#index < this.#buffers.length) {
      if (!this.fd.writeReady) return false
      const n = this.#send()
      if (n >= 0) {
        this.#advance(n)
      } else if (n === EAGAIN) {
        this.fd.full()
      } else {
        return this.fail(syscallError('writev', n))
      }
    }
    return this.done(this.#n)
  }

  #send(): number {
    const count = Math.min(this.#buffers.length - this.#index, IOV_MAX)
    for (let i = 0; i < count; i++) {
      const p = this.#buffers[this.#index + i] ?? new Uint8Array()
      const length = this.#lengths[this.#index + i] ?? 0
      checkKept(p, length)
      message.setVector(SizeofMsghdr + i * SizeofIovec, p.subarray(i === 0 ? this.#offset : 0, length))
    }
    message.setPointer(layout.Iov, message.address + BigInt(SizeofMsghdr))
    message.setWord(layout.Iovlen, count)
    return sendmsg(this.fd.fd, message.bytes, abi.MSG_NOSIGNAL | abi.MSG_DONTWAIT)
  }

  // Skips the `n` bytes that went, and empty buffers.
  #advance(n: number): void {
    this.#n += n
    this.#offset += n
    for (;;) {
      const length = this.#lengths[this.#index]
      if (length === undefined || length > this.#offset) return
      this.#offset -= length
      this.#index++
    }
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    return Object.assign(super.error(owner, cause), { n: this.#n })
  }
}

/** Writes all of `buffers`, in order, as writev of a connection says. */
export function writev(fd: FD, buffers: readonly Uint8Array[], options?: IOOptions): Promise<number> {
  const wrong = checkBuffers(buffers)
  if (wrong !== null) return Promise.reject(wrong)
  return fd.writing.run(new VectorWriteOp(fd, [...buffers]), options)
}
