import type { Addr } from '@net/addr'
import { OpError, byteLengthOf, type SentMessage } from '@net/contract'
import { checkKept, type LaneOwner } from '@net/io'
import { EAGAIN } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import type { FD } from './fd.ts'
import type { PacketReader } from './packet_reader.ts'
import { recvmsg, sendmsg } from '../wire/msg.ts'
import { FDOp } from './op.ts'
import { syscallError } from '../sys/syscall.ts'

/**
 * Waits for a message and gives what `finish` makes of its length, of the sender's address in sockaddrIn, and
 * of `received`: the length of the control messages, and the flags.
 */
export class ReceiveMessageOp<T> extends FDOp<T> {
  readonly #p: Uint8Array
  readonly #byteLength: number
  readonly #oob: Uint8Array | null
  readonly #oobLength: number
  readonly #packets: PacketReader
  readonly #finish: (n: number) => T

  /** Makes a receive into `p` and, for control messages, `oob`. */
  constructor(packets: PacketReader, p: Uint8Array, oob: Uint8Array | null, finish: (n: number) => T) {
    super('read', packets.fd)
    this.#packets = packets
    this.#p = p
    this.#byteLength = byteLengthOf(p)
    this.#oob = oob
    this.#oobLength = oob === null ? 0 : byteLengthOf(oob)
    this.#finish = finish
  }

  attempt(): boolean {
    if (!this.#packets.isReady) return false
    checkKept(this.#p, Math.min(this.#byteLength, 1))
    if (this.#oob !== null) checkKept(this.#oob, Math.min(this.#oobLength, 1))
    const n = this.#packets.receiveMessage(this.#p) ?? recvmsg(this.fd.fd, this.#p, this.#oob, 0)
    if (n >= 0) return this.done(this.#finish(n))
    if (n !== EAGAIN) return this.fail(syscallError('recvmsg', n))
    this.fd.readReady = false
    return false
  }
}

/** Waits for room and sends a message. */
export class SendMessageOp extends FDOp<SentMessage> {
  readonly #p: Uint8Array
  readonly #byteLength: number
  readonly #oob: Uint8Array | null
  readonly #oobLength: number
  readonly #addr: Addr | null
  readonly #put: () => number

  /**
   * Makes a send of `p` and of the control messages in `oob` to `addr`, which `put` puts into sockaddrOut,
   * giving its length; null and 0 send to the socket's peer. What `put` throws fails the send.
   */
  constructor(fd: FD, p: Uint8Array, oob: Uint8Array | null, addr: Addr | null, put: () => number) {
    super('write', fd)
    this.#p = p
    this.#byteLength = byteLengthOf(p)
    this.#oob = oob
    this.#oobLength = oob === null ? 0 : byteLengthOf(oob)
    this.#addr = addr
    this.#put = put
  }

  attempt(): boolean {
    if (!this.fd.writeReady) return false
    checkKept(this.#p, this.#byteLength)
    if (this.#oob !== null) checkKept(this.#oob, this.#oobLength)
    let length: number
    try {
      length = this.#put()
    } catch (e) {
      return this.fail(e as Error)
    }
    const n = sendmsg(this.fd.fd, this.#p, this.#oob, length, abi.MSG_NOSIGNAL)
    if (n >= 0) return this.done({ n, oobn: this.#oobLength })
    if (n !== EAGAIN) return this.fail(syscallError('sendmsg', n))
    this.fd.writeReady = false
    return false
  }

  protected override error(owner: LaneOwner, cause: Error): Error {
    if (this.#addr === null) return super.error(owner, cause)
    return new OpError(this.name, this.fd.net, this.fd.localAddr, this.#addr, cause)
  }
}
