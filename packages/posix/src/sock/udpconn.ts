import { UDPAddr } from '@net/addr'
import {
  type IOOptions,
  type Message,
  type ReceivedMessage,
  type SentMessage,
  type UDPConn,
  checkAddr,
  checkMessages,
  byteLengthOf,
} from '@net/contract'
import { packetABI } from '../abi/ip.ts'
import { abi } from '../abi/system.ts'
import { ReadBatchOp, WriteBatchOp, type BatchSocket } from '../fd/batch_op.ts'
import type { FD } from '../fd/fd.ts'
import { putAddr } from './ipsock.ts'
import { PosixPacketConn } from './packetconn.ts'
import { descriptor } from '../fd/rawconn.ts'
import { PeerCache } from '../wire/sockaddr.ts'
import { getsockoptInt, setsockoptInt } from '../sys/sockopt.ts'

const noPeer = new UDPAddr(null, 0)

/** Whether the kernel has an option of UDP. */
function hasOption(fd: number, option: number): boolean {
  return option !== 0 && getsockoptInt(fd, abi.IPPROTO_UDP, option, { value: 0 }) === 0
}

/** A UDP socket of the kernel. */
export class PosixUDPConn extends PosixPacketConn<UDPAddr> implements UDPConn {
  readonly #peers = new PeerCache()
  #batch: BatchSocket | null = null

  /** Takes over a bound or connected socket. */
  constructor(fd: FD, family: number, connected: boolean) {
    super(fd, family, connected, false)
  }

  override get remoteAddr(): UDPAddr {
    return (this.fd.remoteAddr as UDPAddr | null) ?? noPeer
  }

  readFromUDP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UDPAddr]> {
    return this.readFrom(p, options)
  }

  writeToUDP(p: Uint8Array, addr: UDPAddr, options?: IOOptions): Promise<number> {
    return this.writeTo(p, addr, options)
  }

  readMsgUDP(p: Uint8Array, oob: Uint8Array, options?: IOOptions): Promise<ReceivedMessage<UDPAddr>> {
    return this.readMsg(p, oob, options)
  }

  writeMsgUDP(
    p: Uint8Array,
    oob: Uint8Array,
    addr: UDPAddr | null,
    options?: IOOptions,
  ): Promise<SentMessage> {
    return this.writeMsg(p, oob, addr, options)
  }

  readBatch(messages: Message[], options?: IOOptions): Promise<number> {
    const wrong = checkMessages(messages)
    if (wrong !== null) return Promise.reject(wrong)
    if (messages.length === 0 && !this.fd.isClosed) return Promise.resolve(0)
    return this.fd.reading.run(new ReadBatchOp(this.fd, messages, this.#batchSocket()), options)
  }

  async writeBatch(messages: Message[], options?: IOOptions): Promise<number> {
    const wrong = checkMessages(messages)
    if (wrong !== null) throw wrong
    for (const { addr, segmentSize = 0 } of messages) {
      const unfit = (addr === null ? null : this.checkAddr(addr)) ?? checkSegment(segmentSize)
      if (unfit !== null) throw unfit
      const cause = this.addressError(addr)
      if (cause !== null) throw Object.assign(this.writeError(addr, cause), { n: 0 })
    }
    if (messages.length === 0 && !this.fd.isClosed) return 0
    const op = new WriteBatchOp(this.fd, messages, this.#batchSocket())
    const n = await this.fd.writing.run(op, options)
    for (const m of messages) m.n = byteLengthOf(m.buffer)
    return n
  }

  setGRO(on: boolean): boolean {
    const { UDP_GRO } = packetABI
    if (!hasOption(descriptor(this.fd, 'set'), UDP_GRO)) return false
    // Packets that the kernel puts together bring a control message, which tells where to cut.
    if (on) this.fd.isPlain = false
    this.options.set((fd) => setsockoptInt(fd, abi.IPPROTO_UDP, UDP_GRO, on ? 1 : 0))
    this.#batchSocket().gro = on
    return on
  }

  #batchSocket(): BatchSocket {
    const { fd } = this
    return (this.#batch ??= {
      packets: this.packets,
      family: this.family,
      mmsg: abi.has.recvmmsg,
      gro: false,
      gso: abi.has.recvmmsg && !fd.isClosed && hasOption(fd.fd, packetABI.UDP_SEGMENT),
      put: (addr) => this.put(addr),
      peer: () => this.peer(),
    })
  }

  protected peer(): UDPAddr {
    return this.#peers.get()
  }

  protected put(addr: UDPAddr): number {
    return putAddr(this.family, addr)
  }

  protected checkAddr(addr: unknown): TypeError | null {
    return checkAddr(addr, 'a UDPAddr')
  }
}

function checkSegment(size: unknown): Error | null {
  if (typeof size !== 'number') return new TypeError('the size of a segment is not a number')
  if (Number.isInteger(size) && size >= 0 && size <= 0xffff) return null
  return new RangeError(`${size} is not the size of a segment`)
}
