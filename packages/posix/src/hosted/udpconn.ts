import { UDPAddr } from '@net/addr'
import {
  ErrClosed,
  type IOOptions,
  type Message,
  type UDPConn,
  checkAddr,
  checkMessages,
} from '@net/contract'
import { ErrWindows } from '@net/stubs'
import { readBatch, writeBatch } from './batch.ts'
import type { Sender } from './datagram.ts'
import { HostedPacketConn } from './packetconn.ts'

const nobody = new UDPAddr(null, 0)

/** A UDP socket of the host. */
export class HostedUDPConn extends HostedPacketConn<UDPAddr> implements UDPConn {
  readFromUDP(p: Uint8Array, options?: IOOptions): Promise<[n: number, addr: UDPAddr]> {
    return this.readFrom(p, options)
  }

  writeToUDP(p: Uint8Array, addr: UDPAddr, options?: IOOptions): Promise<number> {
    return this.writeTo(p, addr, options)
  }

  /** Refuses: the host does not give control messages. */
  readMsgUDP(_p: Uint8Array, _oob: Uint8Array): Promise<never> {
    return this.refused('read', null)
  }

  /** Refuses: the host does not take control messages. */
  writeMsgUDP(_p: Uint8Array, _oob: Uint8Array, addr: UDPAddr | null): Promise<never> {
    return this.refused('write', addr)
  }

  readBatch(messages: Message[], options?: IOOptions): Promise<number> {
    const wrong = checkMessages(messages)
    if (wrong !== null) return Promise.reject(wrong)
    if (messages.length === 0 && !this.handle.isClosed) return Promise.resolve(0)
    return readBatch(this.handle, messages, options)
  }

  /** Sends the packets one by one, as the host does; control messages beside them are refused. */
  async writeBatch(messages: Message[], options?: IOOptions): Promise<number> {
    const wrong = checkMessages(messages)
    if (wrong !== null) throw wrong
    for (const { addr, oob } of messages) {
      const unfit = addr === null ? null : checkAddr(addr, 'a UDPAddr')
      if (unfit !== null) throw unfit
      const cause = oob !== undefined && oob.byteLength > 0 ? ErrWindows : this.addressError(addr)
      if (cause !== null) throw Object.assign(this.writeError(addr, cause), { n: 0 })
    }
    if (this.handle.isClosed) {
      const to = messages[0]?.addr ?? this.handle.remoteAddr
      throw Object.assign(this.writeError(to, ErrClosed), { n: 0 })
    }
    return await writeBatch(this, messages, options)
  }

  /** Gives false: the host's sockets do not put packets together. */
  setGRO(_on: boolean): boolean {
    this.handle.checkOpen()
    return false
  }

  protected noPeer(): UDPAddr {
    return nobody
  }

  protected sender(from: Sender): UDPAddr {
    return this.handle.sender(from)
  }

  protected port(addr: UDPAddr): number {
    return addr.port
  }

  protected checkAddr(addr: unknown): TypeError | null {
    return checkAddr(addr, 'a UDPAddr')
  }
}
