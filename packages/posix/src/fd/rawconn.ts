import { OpError, type RawConn, byteLengthOf, checkBuffer } from '@net/contract'
import { abi } from '../abi/system.ts'
import type { FD } from './fd.ts'
import { FDOp } from './op.ts'
import { getsockoptBytes, getsockoptInt, setsockoptInt } from '../sys/sockopt.ts'
import { setsockopt, syscallError } from '../sys/syscall.ts'

/** Calls a function each time its direction is ready until it gives true. What it throws rejects the call. */
class RawOp extends FDOp<undefined> {
  readonly #f: (fd: number) => boolean

  constructor(name: string, fd: FD, f: (fd: number) => boolean) {
    super(name, fd)
    this.#f = f
  }

  // Only the function knows what the kernel has said.
  protected override get wantsRoom(): boolean {
    return this.name === 'raw-write'
  }

  attempt(): boolean {
    try {
      const { fd } = this.fd
      this.fd.share()
      if (!this.#f(fd)) return false
    } catch (e) {
      this.cancel(e)
      return true
    }
    return this.done(undefined)
  }
}

/** Access to the descriptor and options of a socket. */
export class PosixRawConn implements RawConn {
  readonly #fd: FD

  /** Makes the access to `fd`, which stays its owner. */
  constructor(fd: FD) {
    this.#fd = fd
    fd.isPlain = false
  }

  /** Makes the error of a call on the socket's options. */
  opError(op: string, cause: Error): OpError {
    return new OpError(op, this.#fd.net, null, this.#fd.localAddr, cause)
  }

  control(f: (fd: number) => void): void {
    const fd = this.#descriptor('raw-control')
    this.#fd.share()
    f(fd)
  }

  async read(f: (fd: number) => boolean): Promise<void> {
    await this.#fd.reading.run(new RawOp('raw-read', this.#fd, f))
  }

  async write(f: (fd: number) => boolean): Promise<void> {
    await this.#fd.writing.run(new RawOp('raw-write', this.#fd, f))
  }

  getsockoptInt(level: number, name: number): number {
    const out = { value: 0 }
    this.#check('get', 'getsockopt', getsockoptInt(this.#descriptor('get'), level, name, out))
    return out.value
  }

  setsockoptInt(level: number, name: number, value: number): void {
    this.#check('set', 'setsockopt', setsockoptInt(this.#descriptor('set'), level, name, value))
  }

  getsockopt(level: number, name: number, length: number): Uint8Array {
    const value = new Uint8Array(length)
    const n = this.#check('get', 'getsockopt', getsockoptBytes(this.#descriptor('get'), level, name, value))
    return value.subarray(0, n)
  }

  setsockopt(level: number, name: number, value: Uint8Array): void {
    const wrong = checkBuffer(value, 'the value')
    if (wrong !== null) throw wrong
    if (level === abi.SOL_SOCKET && name === abi.SO_LINGER) this.#fd.setLingers(true)
    const result = setsockopt(this.#descriptor('set'), level, name, value, byteLengthOf(value))
    this.#check('set', 'setsockopt', result)
  }

  #descriptor(op: string): number {
    return descriptor(this.#fd, op)
  }

  #check(op: string, call: string, result: number): number {
    return check(this.#fd, op, call, result)
  }
}

/**
 * The number of a descriptor for a call on its options, which are errors of the socket and not of a
 * direction.
 */
export function descriptor(fd: FD, op: string): number {
  try {
    return fd.fd
  } catch (cause) {
    throw new OpError(op, fd.net, null, fd.localAddr, cause as Error)
  }
}

/**
 * Throws the error of a call on a socket's options when it gave a negated error number; else gives its
 * result.
 */
export function check(fd: FD, op: string, call: string, result: number): number {
  if (result < 0) throw new OpError(op, fd.net, null, fd.localAddr, syscallError(call, result))
  return result
}
