import type { UDPAddr } from '@net/addr'
import { OpError, type Message, byteLengthOf } from '@net/contract'
import { checkKept, type LaneOwner } from '@net/io'
import { EAGAIN, EIO, ENOSYS } from '../abi/errno.ts'
import { packetABI } from '../abi/ip.ts'
import { abi } from '../abi/system.ts'
import { marshalControl } from '../wire/cmsg.ts'
import type { FD } from './fd.ts'
import { BATCH, receiveVector, sendVector } from '../wire/mmsg.ts'
import { received, recvmsg, sendmsg } from '../wire/msg.ts'
import { FDOp } from './op.ts'
import type { PacketReader } from './packet_reader.ts'
import { parsePacketInfo } from '../wire/packet_info.ts'
import { syscallError } from '../sys/syscall.ts'

/** What a batch needs of its socket. */
export interface BatchSocket {
  /** Its packets, some of which may have been taken from the kernel. */
  readonly packets: PacketReader
  /** The socket's address family. */
  readonly family: number
  /** Whether the system takes many messages in a call. Set to false when it turns out not to. */
  mmsg: boolean
  /** Whether the kernel may put packets together (UDP_GRO). */
  gro: boolean
  /**
   * Whether the kernel and the device cut a message into packets (UDP_SEGMENT). Set to false when they turn
   * out not to.
   */
  gso: boolean
  /** Puts an address into sockaddrOut and gives its length. */
  put(addr: UDPAddr): number
  /** The address in sockaddrIn. */
  peer(): UDPAddr
}

/** Sees to it that no buffer of a batch was given away while the operation waited. */
class KeptMessages {
  readonly #messages: readonly Message[]
  #lengths: readonly number[] = []

  constructor(messages: readonly Message[]) {
    this.#messages = messages
  }

  /** The operation begins to wait. */
  parked(): void {
    this.#lengths = this.#messages.map((m) => byteLengthOf(m.buffer))
  }

  /** Throws when a buffer from the one at `first` on has fewer bytes than it had, or than `enough`. */
  check(first: number, enough = Infinity): void {
    for (let i = first; i < this.#lengths.length; i++) {
      const m = this.#messages[i]
      if (m !== undefined) checkKept(m.buffer, Math.min(this.#lengths[i] ?? 0, enough))
    }
  }
}

/** Waits for a packet and reads as many as are there. */
export class ReadBatchOp extends FDOp<number> {
  readonly #messages: readonly Message[]
  readonly #kept: KeptMessages
  readonly #socket: BatchSocket
  /** Makes a read of a batch. */
  constructor(fd: FD, messages: readonly Message[], socket: BatchSocket) {
    super('read', fd)
    this.#messages = messages
    this.#kept = new KeptMessages(messages)
    this.#socket = socket
  }

  override parked(): void {
    this.#kept.parked()
  }

  attempt(): boolean {
    const { mmsg, packets } = this.#socket
    if (!packets.isReady) return false
    this.#kept.check(0, 1)
    if (packets.taken > 0) return this.done(this.#readTaken())
    const n = mmsg ? this.#receive() : this.#receiveOne()
    // A short batch means that no more packets are there. An error that cut it short would be the result of
    // the next call.
    if (mmsg && n >= 0 && n < Math.min(this.#messages.length, BATCH) && !this.fd.exception)
      this.fd.readReady = false
    if (n >= 0) return this.done(n)
    if (n === ENOSYS && mmsg) {
      this.#socket.mmsg = false
      return this.attempt()
    }
    if (n !== EAGAIN) return this.fail(syscallError(mmsg ? 'recvmmsg' : 'recvmsg', n))
    this.fd.readReady = false
    return false
  }

  #readTaken(): number {
    const { packets } = this.#socket
    const n = Math.min(packets.taken, this.#messages.length)
    for (const m of this.#messages.slice(0, n)) {
      m.n = packets.receiveMessage(m.buffer) ?? 0
      m.addr = this.#socket.peer()
      m.flags = received.flags
      m.oobn = 0
      m.segmentSize = 0
    }
    return n
  }

  #receive(): number {
    const vector = receiveVector()
    const messages = this.#messages
    const { gro } = this.#socket
    const wanted = Math.min(messages.length, BATCH)
    for (let i = 0; i < wanted; i++) {
      const m = messages[i]
      if (m !== undefined) vector.putRoom(i, m.buffer, m.oob ?? null, gro)
    }
    const n = vector.receive(this.fd.fd, wanted)
    for (let i = 0; i < n; i++) {
      const m = messages[i]
      if (m === undefined) continue
      vector.takeName(i)
      m.n = vector.length(i)
      m.addr = this.#socket.peer()
      m.flags = vector.flags(i)
      m.oobn = m.oob === undefined ? 0 : vector.controlLength(i)
      m.segmentSize = gro ? segmentSize(m.oob?.subarray(0, m.oobn) ?? vector.control(i), m.n) : 0
    }
    return n
  }

  #receiveOne(): number {
    const m = this.#messages[0]
    if (m === undefined) return 0
    const n = recvmsg(this.fd.fd, m.buffer, m.oob ?? null, 0)
    if (n < 0) return n
    m.n = n
    m.addr = this.#socket.peer()
    m.flags = received.flags
    m.oobn = received.oobn
    m.segmentSize = 0
    return 1
  }
}

function segmentSize(control: Uint8Array, n: number): number {
  const size = control.byteLength === 0 ? 0 : (parsePacketInfo(control).segmentSize ?? 0)
  return size < n ? size : 0
}

const MAX_SEGMENTS = 64 // of one call: UDP_MAX_SEGMENTS of the kernels that have the fewest
const MAX_PAYLOAD = 65507 // of one call: what an IPv4 packet holds

/** Waits for room and sends all messages of a batch, cutting those that have a segment size. */
export class WriteBatchOp extends FDOp<number> {
  readonly #messages: readonly Message[]
  readonly #kept: KeptMessages
  readonly #socket: BatchSocket
  #i = 0 // the message that is to go next
  #at = 0 // and how much of it has gone
  // For each part in the vector: which message is next once the part has gone, and how much of that message
  // has gone then.
  readonly #nextI: number[] = []
  readonly #nextAt: number[] = []

  /** Makes a send of a batch. */
  constructor(fd: FD, messages: readonly Message[], socket: BatchSocket) {
    super('write', fd)
    this.#messages = messages
    this.#kept = new KeptMessages(messages)
    this.#socket = socket
  }

  override parked(): void {
    this.#kept.parked()
  }

  attempt(): boolean {
    while (this.#i < this.#messages.length) {
      if (!this.fd.writeReady) return false
      this.#kept.check(this.#i)
      let n: number
      try {
        n = this.#socket.mmsg ? this.#send() : this.#sendOne()
      } catch (e) {
        return this.fail(e as Error)
      }
      if (n > 0) {
        this.#i = this.#nextI[n - 1] ?? 0
        this.#at = this.#nextAt[n - 1] ?? 0
      } else if (n === EAGAIN) {
        this.fd.writeReady = false
        return false
      } else if (n === ENOSYS && this.#socket.mmsg) {
        this.#socket.mmsg = this.#socket.gso = false
      } else if (n === EIO && this.#socket.gso && this.#segment() > 0) {
        // EIO: the device computes no checksums, which UDP_SEGMENT requires.
        this.#socket.gso = false
      } else {
        return this.fail(syscallError(this.#socket.mmsg ? 'sendmmsg' : 'sendmsg', n))
      }
    }
    return this.done(this.#messages.length)
  }

  protected override error(_owner: LaneOwner, cause: Error): Error {
    const addr = this.#messages[this.#i]?.addr ?? this.fd.remoteAddr
    const e = new OpError(this.name, this.fd.net, this.fd.localAddr, addr, cause)
    e.n = this.#i
    return e
  }

  #segment(): number {
    return this.#messages[this.#i]?.segmentSize ?? 0
  }

  #send(): number {
    const vector = sendVector()
    let [i, at, parts] = [this.#i, this.#at, 0]
    for (; parts < BATCH; parts++) {
      const m = this.#messages[i]
      if (m === undefined) break
      const { addr } = m
      const nameLength =
        addr === null ? 0 : vector.putName(parts, this.#socket.family, addr, () => this.#socket.put(addr))
      const length = this.#partLength(m, at)
      const segment = this.#cutBy(m, length)
      const part = length === byteLengthOf(m.buffer) ? m.buffer : m.buffer.subarray(at, at + length)
      vector.putBytes(parts, part, nameLength, controlOf(m, segment), segment)
      at += length
      if (at >= byteLengthOf(m.buffer)) [i, at] = [i + 1, 0]
      this.#nextI[parts] = i
      this.#nextAt[parts] = at
    }
    return vector.send(this.fd.fd, parts)
  }

  #sendOne(): number {
    const m = this.#messages[this.#i]
    if (m === undefined) return 0
    const length = this.#partLength(m, this.#at)
    const part = m.buffer.subarray(this.#at, this.#at + length)
    const nameLength = m.addr === null ? 0 : this.#socket.put(m.addr)
    const n = sendmsg(this.fd.fd, part, m.oob ?? null, nameLength, abi.MSG_NOSIGNAL)
    if (n < 0) return n
    const end = this.#at + length >= byteLengthOf(m.buffer)
    this.#nextI[0] = end ? this.#i + 1 : this.#i
    this.#nextAt[0] = end ? 0 : this.#at + length
    return 1
  }

  /** How much of a message goes in one part: all of it, or as many segments as the kernel takes. */
  #partLength(m: Message, at: number): number {
    const rest = byteLengthOf(m.buffer) - at
    const segment = m.segmentSize ?? 0
    if (segment === 0) return rest
    if (!this.#socket.gso) return Math.min(segment, rest)
    const segments = Math.max(Math.min(MAX_SEGMENTS, Math.floor(MAX_PAYLOAD / segment)), 1)
    return Math.min(segments * segment, rest)
  }

  #cutBy(m: Message, length: number): number {
    const segment = m.segmentSize ?? 0
    return this.#socket.gso && segment < length ? segment : 0
  }
}

/**
 * The control messages of a part: the message's own, to which the cut is added; null when there is but the
 * cut, or none.
 */
function controlOf(m: Message, segment: number): Uint8Array | null {
  const { oob } = m
  if (oob === undefined || oob.byteLength === 0) return null
  if (segment === 0) return oob
  const data = new Uint8Array(Uint16Array.of(segment).buffer)
  const cut = marshalControl([{ level: abi.IPPROTO_UDP, type: packetABI.UDP_SEGMENT, data }])
  const joined = new Uint8Array(oob.byteLength + cut.byteLength)
  joined.set(oob)
  joined.set(cut, oob.byteLength)
  return joined
}
