// struct mmsghdr of sys/socket.h of linux: recvmmsg(2), sendmmsg(2).
import type { Addr } from '@net/addr'
import { packetABI } from '../abi/ip.ts'
import { abi } from '../abi/system.ts'
import { controlSpace, marshalControl } from './cmsg.ts'
import {
  addressOf,
  controlLength,
  controlSize,
  messageFlags,
  nameLengthAt,
  putLengths,
  putMessage,
  SizeofIovec,
  SizeofMsghdr,
  Structs,
  wordBytes,
} from './msg.ts'
import { sockaddrOut, SizeofSockaddrInet6, sockaddrIn } from './sockaddr.ts'
import { syscall } from '../sys/syscall.ts'

/*
 * struct mmsghdr on systems of 64 bits
 *  0          56        60    64
 *  +----------+---------+-----+
 *  | msghdr   | msg_len | pad |
 *  +----------+---------+-----+
 */
/** The size of struct mmsghdr here, in bytes. */
export const SizeofMmsghdr = Math.ceil((SizeofMsghdr + 4) / wordBytes) * wordBytes

/** How many messages one call takes. */
export const BATCH = 64

const nameRoom = Math.ceil(SizeofSockaddrInet6 / 8) * 8
const controlRoom = controlSpace(4) // an int, of UDP_GRO
const vectorsAt = BATCH * SizeofMmsghdr
const namesAt = vectorsAt + BATCH * SizeofIovec
const controlsAt = namesAt + BATCH * nameRoom

const recvmmsg = syscall('int recvmmsg(int fd, void *vec, uint32_t n, int flags, void *timeout)')
const sendmmsg = syscall('int sendmmsg(int fd, void *vec, uint32_t n, int flags)')

/**
 * The messages of a batch as the kernel wants them: {@link BATCH} of them, each with room for a name and
 * control messages of its own.
 */
class MessageVector {
  protected readonly s = new Structs(controlsAt + BATCH * controlRoom)
  readonly #controls: bigint[] = []

  constructor() {
    const { address } = this.s
    for (let i = 0; i < BATCH; i++) {
      const name = address + BigInt(namesAt + i * nameRoom)
      putMessage(this.s, i * SizeofMmsghdr, name, address + BigInt(vectorsAt + i * SizeofIovec))
      this.#controls.push(address + BigInt(controlsAt + i * controlRoom))
    }
  }

  /**
   * Puts message `i`. `oob` null means the vector's own room for control messages, of which `own` bytes
   * count.
   */
  put(i: number, buffer: Uint8Array, nameLength: number, oob: Uint8Array | null, own: number): void {
    this.s.setVector(vectorsAt + i * SizeofIovec, buffer)
    const control = oob === null ? (this.#controls[i] ?? 0n) : addressOf(oob)
    putLengths(this.s, i * SizeofMmsghdr, nameLength, control, oob === null ? own : controlSize(oob))
  }
}

/** A batch to receive. */
export class ReceiveVector extends MessageVector {
  readonly #names: Uint8Array[] = []
  readonly #controls: Uint8Array[] = []

  /** Makes an empty batch. */
  constructor() {
    super()
    for (let i = 0; i < BATCH; i++) {
      const [name, control] = [namesAt + i * nameRoom, controlsAt + i * controlRoom]
      this.#names.push(this.s.bytes.subarray(name, name + SizeofSockaddrInet6))
      this.#controls.push(this.s.bytes.subarray(control, control + controlRoom))
    }
  }

  /** Puts room for message `i`; `oob` null means the vector's own if `own` is true, else none. */
  putRoom(i: number, buffer: Uint8Array, oob: Uint8Array | null, own: boolean): void {
    this.put(i, buffer, SizeofSockaddrInet6, oob, own ? controlRoom : 0)
  }

  /** Gives the name of message `i`, into which the kernel has put one, its whole room again. */
  renew(i: number): void {
    this.s.setUint32(i * SizeofMmsghdr + nameLengthAt, SizeofSockaddrInet6)
  }

  /** Receives up to `n` messages. Gives how many came or a negated error number. */
  receive(fd: number, n: number): number {
    return recvmmsg(fd, this.s.bytes, n, abi.MSG_DONTWAIT, null)
  }

  /** The bytes of message `i`. */
  length(i: number): number {
    return this.s.uint32(i * SizeofMmsghdr + SizeofMsghdr)
  }

  /** The flags of message `i`. */
  flags(i: number): number {
    return messageFlags(this.s, i * SizeofMmsghdr)
  }

  /** Puts the sender of message `i` into sockaddrIn. */
  takeName(i: number): void {
    const name = this.#names[i]
    if (name !== undefined) sockaddrIn.set(name)
  }

  /** The bytes of control messages that came with message `i`. */
  controlLength(i: number): number {
    return controlLength(this.s, i * SizeofMmsghdr)
  }

  /** The vector's own control messages of message `i`. */
  control(i: number): Uint8Array {
    return this.#controls[i]?.subarray(0, this.controlLength(i)) ?? new Uint8Array(0)
  }
}

/** A batch to send. */
export class SendVector extends MessageVector {
  // Remembers which address each name holds, so that a run of batches to the same receivers writes no address
  // twice.
  readonly #addrs: (Addr | null)[] = new Array<Addr | null>(BATCH).fill(null)
  readonly #families = new Uint8Array(BATCH)
  readonly #lengths = new Uint8Array(BATCH)
  readonly #view = new DataView(this.s.bytes.buffer)
  readonly #segmentLength: number

  /** Makes an empty batch. */
  constructor() {
    super()
    const segment = { level: abi.IPPROTO_UDP, type: packetABI.UDP_SEGMENT, data: new Uint8Array(2) }
    const control = marshalControl([segment])
    this.#segmentLength = control.byteLength
    for (let i = 0; i < BATCH; i++) this.s.bytes.set(control, controlsAt + i * controlRoom)
  }

  /**
   * Puts the receiver of message `i`, which `put` puts into sockaddrOut, giving its length. Gives the length.
   */
  putName(i: number, family: number, addr: Addr & { readonly zone: string }, put: () => number): number {
    if (this.#addrs[i] === addr && this.#families[i] === family) return this.#lengths[i] ?? 0
    const length = put()
    this.s.bytes.set(sockaddrOut.subarray(0, length), namesAt + i * nameRoom)
    this.#addrs[i] = addr.zone === '' ? addr : null // an interface may change its number
    this.#families[i] = family
    this.#lengths[i] = length
    return length
  }

  /**
   * Puts message `i`: with the control messages in `oob`, or without any, or cut into packets of `segment`
   * bytes unless that is 0.
   */
  putBytes(i: number, buffer: Uint8Array, nameLength: number, oob: Uint8Array | null, segment: number): void {
    if (segment !== 0) this.#view.setUint16(controlsAt + i * controlRoom + controlSpace(0), segment, true)
    this.put(i, buffer, nameLength, oob, segment === 0 ? 0 : this.#segmentLength)
  }

  /** Sends `n` messages. Gives how many went, from the first, or the negated error number of the first. */
  send(fd: number, n: number): number {
    return sendmmsg(fd, this.s.bytes, n, abi.MSG_NOSIGNAL | abi.MSG_DONTWAIT)
  }
}

let receiving: ReceiveVector | null = null
let sending: SendVector | null = null

/** The thread's batch to receive: calls do not nest, so there is one. */
export function receiveVector(): ReceiveVector {
  return (receiving ??= new ReceiveVector())
}

/** The thread's batch to send. */
export function sendVector(): SendVector {
  return (sending ??= new SendVector())
}
