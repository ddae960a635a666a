import { byteLengthOf } from '@net/contract'
import { checkKept } from '@net/io'
import { EAGAIN, ENOSYS } from '../abi/errno.ts'
import { abi } from '../abi/system.ts'
import { syscallError } from '../sys/syscall.ts'
import { received } from '../wire/msg.ts'
import { borrowSlab, returnSlab, SLAB, type PacketSlab } from '../wire/packet_slab.ts'
import type { FD } from './fd.ts'
import { FDOp, receiveOnce } from './op.ts'

/** Bytes from which on a packet is read by a call of its own, as copying it costs more than the call. */
const LONG = 4096

let most = abi.has.recvmmsg ? SLAB : 1

/**
 * Reads the packets of a socket in order. Where several wait, one call takes them from the kernel, and the reads after it find
 * theirs here: in a flood that is a twentieth of the calls. A socket begins with one packet a call and takes twice as
 * many each time that it gave all it was asked for, half as many when it had none.
 *
 * Nothing is taken ahead of the reads where the program could tell: once it has the descriptor, or wants control
 * messages, packets are read one by one. An error of the network is told after the packets that were taken before it.
 */
export class PacketReader {
  /** The descriptor. */
  readonly fd: FD
  #wanted = 1 // packets of the next call
  #slab: PacketSlab | null = null // holds packets that were taken and not read
  #next = 0
  #end = 0

  /** Reads packets of `fd`. */
  constructor(fd: FD) {
    this.fd = fd
  }

  /** How many packets were taken from the kernel and not read yet. */
  get taken(): number {
    return this.#slab === null ? 0 : this.#end - this.#next
  }

  /** Whether a read may find something: false from the moment that nothing was there until the next event. */
  get isReady(): boolean {
    return this.#slab !== null || this.fd.readReady
  }

  /**
   * Reads a packet into `p`, cut to its length, and puts its sender into sockaddrIn. Gives its bytes or a negated
   * error number.
   */
  receive(p: Uint8Array): number {
    if (this.#slab !== null) return this.#give(this.#slab, p)
    const { fd } = this
    const slab = this.#wanted > 1 && fd.isPlain ? borrowSlab() : null
    if (slab === null) {
      const n = receiveOnce(fd, p)
      this.#learn(n, n >= 0)
      return n
    }
    const n = this.#take(slab)
    if (n > 0) return this.#give(slab, p)
    returnSlab(slab)
    if (n !== ENOSYS) return n
    most = this.#wanted = 1
    return receiveOnce(fd, p)
  }

  /**
   * The same of a packet that is here already, with what {@link received} tells beside: it has no control messages. Null when
   * none is here.
   */
  receiveMessage(p: Uint8Array): number | null {
    const slab = this.#slab
    if (slab === null) return null
    received.oobn = 0
    received.flags = slab.length(this.#next) > byteLengthOf(p) ? abi.MSG_TRUNC : 0
    return this.#give(slab, p)
  }

  /** Drops the packets that are here, as close does. */
  drop(): void {
    if (this.#slab !== null) returnSlab(this.#slab)
    this.#slab = null
  }

  #take(slab: PacketSlab): number {
    const { fd } = this
    const wanted = this.#wanted
    // Fewer packets than wanted do not mean that the next call would find none: while these are worked on, a peer that answers on
    // the same core has sent its next one, and asking for it costs a tenth of waiting for the event.
    const n = slab.take(fd.fd, wanted)
    if (n === EAGAIN) {
      fd.readReady = false
      this.#wanted = wanted >> 1
    }
    if (n <= 0) return n
    this.#learn(slab.length(n - 1), n === wanted)
    this.#slab = slab
    this.#next = 0
    this.#end = n
    return n
  }

  #give(slab: PacketSlab, p: Uint8Array): number {
    const i = this.#next++
    const n = slab.copy(i, p)
    slab.takeName(i)
    if (this.#next === this.#end) this.drop()
    return n
  }

  #learn(byteLength: number, gaveAll: boolean): void {
    if (byteLength > LONG) this.#wanted = 1
    else if (gaveAll) this.#wanted = Math.min(2 * this.#wanted, most)
  }
}

/** Waits for a packet, reads it, and gives what `finish` makes of its length and of the sender in sockaddrIn. */
export class ReadPacketOp<T> extends FDOp<T> {
  readonly #packets: PacketReader
  readonly #p: Uint8Array
  readonly #byteLength: number
  readonly #call: string
  readonly #finish: (n: number) => T

  /** Makes a read into `p` whose errors name `call`. */
  constructor(packets: PacketReader, p: Uint8Array, call: string, finish: (n: number) => T) {
    super('read', packets.fd)
    this.#packets = packets
    this.#p = p
    this.#byteLength = byteLengthOf(p)
    this.#call = call
    this.#finish = finish
  }

  attempt(): boolean {
    const packets = this.#packets
    if (!packets.isReady) return false
    checkKept(this.#p, Math.min(this.#byteLength, 1))
    const n = packets.receive(this.#p)
    if (n >= 0) return this.done(this.#finish(n))
    return n === EAGAIN ? false : this.fail(syscallError(this.#call, n))
  }
}
