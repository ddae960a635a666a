import type { UnixAddr } from '@net/addr'
import { OpError, type SentMessage, type UnixMessage, type UnixNetwork, byteLengthOf } from '@net/contract'
import { checkKept, DeadlineTimer, type LaneOwner } from '@net/io'
import { EAGAIN, EINVAL } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import type { FD } from './fd.ts'
import { received, recvmsg, sendmsg } from '../wire/msg.ts'
import { FDOp } from './op.ts'
import { closeOnExec, giveControl } from '../wire/rights.ts'
import {
  putUnix,
  resetLength,
  sockaddrOut,
  sockaddrIn,
  sockaddrInLength,
  getUnixAddr,
} from '../wire/sockaddr.ts'
import { recv, recvfrom, send, sendto, syscallError } from '../sys/syscall.ts'

// The buffer has room for the most that a kernel sends at once: linux passes 253 descriptors, the BSDs and
// darwin some more.
const control = new Uint8Array(8192)
// On streams and sequenced packets, control messages travel only together with at least one byte.
const oneByte = new Uint8Array(1)

/** Waits for a message and reads it with its control messages. */
export class UnixReceiveOp extends FDOp<UnixMessage> {
  readonly #p: Uint8Array
  readonly #byteLength: number
  readonly #oob: Uint8Array
  readonly #oobLength: number

  /** Makes a receive into `p` and `oob`. */
  constructor(fd: FD, p: Uint8Array, oob: Uint8Array) {
    super('read', fd)
    this.#p = p
    this.#byteLength = byteLengthOf(p)
    this.#oob = oob
    this.#oobLength = byteLengthOf(oob)
  }

  attempt(): boolean {
    if (!this.fd.readReady) return false
    const oob = this.#oob
    checkKept(this.#p, Math.min(this.#byteLength, 1))
    checkKept(oob, Math.min(this.#oobLength, 1))
    const packets = this.fd.net === 'unixgram'
    const dummy = this.#byteLength === 0 && !packets
    // The kernel fills our own buffer, which is always large enough: not all kernels close the descriptors
    // for which a smaller one has no room.
    const room = this.#oobLength === 0 ? null : control
    const n = recvmsg(this.fd.fd, dummy ? oneByte : this.#p, room, abi.MSG_CMSG_CLOEXEC)
    if (n === EAGAIN) {
      this.fd.readReady = false
      return false
    }
    if (n < 0) return this.fail(syscallError('recvmsg', n))
    const addr = getUnixAddr(this.fd.net as UnixNetwork)
    const all = control.subarray(0, room === null ? 0 : received.oobn)
    closeOnExec(all)
    const { oobn, truncated } = giveControl(all, oob)
    const flags = (received.flags & ~abi.MSG_CMSG_CLOEXEC) | (truncated ? abi.MSG_CTRUNC : 0)
    const end = n === 0 && !packets && received.oobn === 0
    return this.done({ n: end ? null : dummy ? 0 : n, oobn, flags, addr })
  }
}

const BACKOFF_MIN = 5 // milliseconds
const BACKOFF_MAX = 200 // milliseconds

/**
 * Waits for room and sends all of a buffer, with the control messages beside its first byte. A socket without
 * a fixed peer is not told when a receiver's queue, filled by others, has room again: it tries again after a
 * while.
 */
export class UnixSendOp extends FDOp<SentMessage> {
  readonly #p: Uint8Array
  readonly #byteLength: number
  readonly #oob: Uint8Array | null
  readonly #oobLength: number
  readonly #addr: UnixAddr | null
  #n = 0
  #begun = false
  #backoff = 0
  #timer: DeadlineTimer | null = null

  /** Makes a send of `p`, and of `oob` unless it is null, to `addr`; null sends to the socket's peer. */
  constructor(fd: FD, p: Uint8Array, oob: Uint8Array | null, addr: UnixAddr | null) {
    super('write', fd)
    this.#p = p
    this.#byteLength = byteLengthOf(p)
    this.#oob = oob
    this.#oobLength = oob === null ? 0 : byteLengthOf(oob)
    this.#addr = addr
  }

  attempt(): boolean {
    // A full queue of one receiver says nothing about the next receiver, so sends to an address do not wait
    // for writeReady.
    while (this.fd.writeReady || this.#addr !== null) {
      checkKept(this.#p, this.#byteLength)
      if (this.#oob !== null) checkKept(this.#oob, this.#oobLength)
      const n = this.#begun ? this.#sendRest() : this.#sendFirst()
      if (n === EAGAIN) {
        if (this.#addr === null) this.fd.writeReady = false
        else this.#tryAgainLater()
        return false
      }
      if (n < 0) return this.fail(syscallError(this.#oob === null ? 'sendto' : 'sendmsg', n))
      this.#begun = true
      this.#n += Math.min(n, this.#byteLength)
      if (this.#n >= this.#byteLength) return this.done({ n: this.#n, oobn: this.#oobLength })
    }
    return false
  }

  override done(value: SentMessage): true {
    this.#timer?.clear()
    return super.done(value)
  }

  override cancel(reason: unknown): void {
    this.#timer?.clear()
    super.cancel(reason)
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    const { net, localAddr } = this.fd
    const addr = this.#addr
    const e = addr === null ? super.error(owner, cause) : new OpError(this.name, net, localAddr, addr, cause)
    return Object.assign(e, { n: this.#n })
  }

  #sendFirst(): number {
    const length = this.#addr === null ? 0 : putUnix(this.#addr.name)
    if (length < 0) return EINVAL
    const p = this.#p
    const oob = this.#oob
    if (oob === null) return sendto(this.fd.fd, p, this.#byteLength, abi.MSG_NOSIGNAL, sockaddrOut, length)
    const dummy = this.#byteLength === 0 && this.#oobLength > 0 && this.fd.net !== 'unixgram'
    return sendmsg(
      this.fd.fd,
      dummy ? oneByte : p.subarray(0, this.#byteLength),
      oob,
      length,
      abi.MSG_NOSIGNAL,
    )
  }

  #sendRest(): number {
    const rest = this.#p.subarray(this.#n, this.#byteLength)
    return send(this.fd.fd, rest, byteLengthOf(rest), abi.MSG_NOSIGNAL)
  }

  #tryAgainLater(): void {
    this.#backoff = Math.min(this.#backoff * 2 || BACKOFF_MIN, BACKOFF_MAX)
    this.#timer ??= new DeadlineTimer(() => {
      if (this.isWaiting) this.fd.writing.wake()
    })
    this.#timer.set(performance.now() + this.#backoff)
  }
}

const CHUNK = 65536 // bytes
let scratch: Uint8Array | null = null

/**
 * Waits for a packet of whatever size, or for bytes of a stream, and gives it in a buffer of its own with the
 * sender.
 */
export class UnixPacketOp extends FDOp<[Uint8Array<ArrayBuffer>, UnixAddr]> {
  /** Makes a receive. */
  constructor(fd: FD) {
    super('read', fd)
  }

  attempt(): boolean {
    if (!this.fd.readReady) return false
    const into = (scratch ??= new Uint8Array(CHUNK))
    const length = this.#length()
    const n = length < 0 ? length : this.#receive(length > CHUNK ? new Uint8Array(length) : into)
    if (n >= 0) return true
    if (n !== EAGAIN) return this.fail(syscallError('recvfrom', n))
    this.fd.readReady = false
    return false
  }

  // A packet may be as long as the sender's buffer allows. Linux tells its length before it is read;
  // elsewhere none is longer than CHUNK.
  #length(): number {
    if (this.fd.net === 'unix' || !abi.has.packetLengths) return 0
    return recv(this.fd.fd, oneByte, 0, abi.MSG_PEEK | abi.MSG_TRUNC)
  }

  #receive(into: Uint8Array): number {
    resetLength()
    const n = recvfrom(this.fd.fd, into, into.byteLength, 0, sockaddrIn, sockaddrInLength)
    if (n >= 0) this.done([new Uint8Array(into.subarray(0, n)), getUnixAddr(this.fd.net as UnixNetwork)])
    return n
  }
}
