import type { Time } from '../clock/time.ts'
import { ACK, FIN, RST, SYN, type TCPSegment } from '../ip/packet.ts'
import { ControlBlock } from './control_block.ts'
import { lengthOf, synOf } from './segment.ts'
import { unwrap } from './sequence.ts'
import type { End } from './state.ts'
import type { TCPSettings } from './tcp_options.ts'
import { NOBODY } from './user.ts'

/** What a connection needs of the TCP that it belongs to. */
export interface ConnectionOwner {
  readonly time: Time
  readonly settings: TCPSettings
  /** Sends a segment; gives the name of what is wrong, or null. */
  transmit(c: Connection, segment: TCPSegment): string | null
  /** The handshake is done. */
  established(c: Connection): void
  /** The connection is gone. */
  gone(c: Connection): void
}

const HANDSHAKE = 1000 // milliseconds to the second SYN; each further one takes twice as long
const SYN_ACKS = 5 // how often a SYN is answered again (net.ipv4.tcp_synack_retries)
const ORPHAN_WAIT = 60_000 // milliseconds that FIN-WAIT-2 takes of what was left behind (net.ipv4.tcp_fin_timeout)

/** A TCP connection (RFC 9293): what it does, from state to state. */
export class Connection extends ControlBlock {
  readonly #owner: ConnectionOwner
  readonly #scale: number // of the window, in bits, as our SYN says
  #peerScale = -1 // the same as the peer's SYN says, -1 for nothing
  #syns = 0 // how many were sent
  #synAt = 0 // when the last one was sent

  /** Makes a connection that has not begun; segments carry at most `mss` bytes. */
  constructor(owner: ConnectionOwner, local: End, remote: End, first: number, mss: number) {
    super(owner.time, owner.settings, local, remote, first, mss)
    this.#owner = owner
    this.#scale = Math.max(0, Math.ceil(Math.log2(owner.settings.readBuffer / 0xffff)))
  }

  /** Sends the SYN. Gives the name of what is wrong, or null. */
  connect(): string | null {
    this.state = 'SYN-SENT'
    return this.#sendSyn()
  }

  /** Answers a SYN. */
  accept(syn: TCPSegment): void {
    this.#takeSyn(syn)
    this.state = 'SYN-RECEIVED'
    this.#sendSyn()
  }

  /** Says the end, behind what is to be sent. */
  shutdown(): void {
    if (this.state === 'ESTABLISHED') this.state = 'FIN-WAIT-1'
    else if (this.state === 'CLOSE-WAIT') this.state = 'LAST-ACK'
    else return
    this.sender.end()
  }

  /** Nobody uses it any more: it ends in its own time, or at once by a reset when `reset` is true or something was not read. */
  abandon(reset: boolean): void {
    this.user = NOBODY
    this.isOrphan = true
    if (this.state === 'SYN-SENT' || this.state === 'SYN-RECEIVED') this.end()
    else if (this.state === 'TIME-WAIT' || this.state === 'CLOSED') return
    else if (reset || this.receiver.queue.length > 0) this.abort()
    else {
      this.shutdown()
      if (this.state === 'FIN-WAIT-2') this.wait.set(ORPHAN_WAIT)
    }
  }

  /** Ends it by a reset. */
  abort(): void {
    if (this.isSynchronized) this.emit(this.sender.sent, RST | ACK)
    this.end()
  }

  /** A segment has come in. */
  input(segment: TCPSegment): void {
    this.keepAlive.heard()
    switch (this.state) {
      case 'CLOSED':
        return
      case 'SYN-SENT':
        this.#inputInSynSent(segment)
        return
      default:
        this.#inputSynchronized(segment)
    }
  }

  /** A packet of it did not get through: an error of the handshake, else one that counts if it comes to the worst. */
  troubled(error: string): void {
    if (this.state === 'SYN-SENT') this.fail(error)
    else this.soft = error
  }

  /** Segments must not be larger than this any more. */
  shrink(mss: number): void {
    if (mss >= this.mss) return
    this.mss = mss
    this.sender.shrink(mss)
  }

  protected transmit(segment: TCPSegment): string | null {
    return this.#owner.transmit(this, segment)
  }

  protected gone(): void {
    this.#owner.gone(this)
  }

  // Sends a SYN, with an acknowledgement when the peer's has come.
  #sendSyn(): string | null {
    const { settings } = this
    const received = this.state === 'SYN-RECEIVED'
    if (this.#syns > (received ? SYN_ACKS : settings.synRetries)) {
      this.fail(this.soft ?? 'ETIMEDOUT')
      return null
    }
    const scale = received && this.#peerScale < 0 ? -1 : this.#scale
    const syn = synOf(this, this.receiver, this.first, received, this.mss, scale)
    const error = this.transmit(syn)
    this.#synAt = this.#owner.time.now
    this.wait.set(HANDSHAKE * 2 ** this.#syns++)
    return error
  }

  // Takes over what the peer's SYN says.
  #takeSyn(syn: TCPSegment): void {
    this.beginWith(syn)
    this.#peerScale = syn.scale
    if (syn.scale >= 0) this.receiver.scale = this.#scale
  }

  // SYN-SENT (RFC 9293 section 3.10.7.3).
  #inputInSynSent(segment: TCPSegment): void {
    const { flags } = segment
    const acks = (flags & ACK) !== 0
    const fits = acks && unwrap(segment.ack, this.first) === this.first + 1
    if (acks && !fits) {
      if ((flags & RST) === 0) this.refuse(segment)
    } else if ((flags & RST) !== 0) {
      if (acks) this.fail('ECONNREFUSED')
    } else if ((flags & SYN) !== 0) {
      this.#takeSyn(segment)
      if (acks) {
        this.sender.setWindow(segment.window, segment.seq, this.first + 1)
        this.#establish()
        this.acknowledge()
      } else {
        this.state = 'SYN-RECEIVED'
        this.#syns = 0
        this.#sendSyn()
      }
    }
  }

  #establish(): void {
    this.wait.clear()
    // An answer to one of several SYNs would not tell to which.
    if (this.#syns === 1) this.sender.roundTrip.measured(this.#owner.time.now - this.#synAt)
    this.#syns = 0
    this.state = 'ESTABLISHED'
    this.keepAlive.begin()
    this.#owner.established(this)
    this.user.onOpened?.()
  }

  // All other states, in the order of the checks of RFC 9293 section 3.10.7.4.
  #inputSynchronized(segment: TCPSegment): void {
    const { flags } = segment
    const { receiver } = this
    const seq = unwrap(segment.seq, receiver.next)
    if ((flags & SYN) !== 0) {
      this.#takeSynAgain(flags)
    } else if (seq + lengthOf(segment) < receiver.told || seq > receiver.edge) {
      if ((flags & RST) === 0) this.#answerStraggler()
    } else if ((flags & RST) !== 0) {
      // An acknowledgement makes a peer that is really gone send a reset that fits (RFC 5961).
      if (seq === receiver.next) this.#takeReset()
      else this.acknowledge()
    } else if ((flags & ACK) !== 0) {
      this.#inputInWindow(seq, segment)
    }
  }

  // A segment that lies in the window, and acknowledges something.
  #inputInWindow(seq: number, segment: TCPSegment): void {
    const ack = unwrap(segment.ack, this.sender.una)
    const window = segment.window * 2 ** Math.max(0, this.#peerScale)
    if (this.state === 'SYN-RECEIVED') {
      if (ack !== this.first + 1) {
        this.refuse(segment)
        return
      }
      this.sender.setWindow(window, seq, ack)
      this.#establish()
    }
    if (ack > this.sender.sent) {
      this.acknowledge()
      return
    }
    const length = lengthOf(segment)
    this.#takeAck(ack, seq, window, length === 0)
    if (length > 0 && this.state !== 'CLOSED') this.#takeData(seq, segment)
  }

  // A SYN of somebody who does not know that the connection is there, or whose answer was lost.
  #takeSynAgain(flags: number): void {
    if (this.state === 'SYN-RECEIVED' && (flags & ACK) === 0) {
      this.#syns = Math.max(0, this.#syns - 1)
      this.#sendSyn()
    } else {
      this.acknowledge()
    }
  }

  #answerStraggler(): void {
    if (this.state === 'TIME-WAIT') this.wait.set(this.settings.timeWait)
    this.acknowledge()
  }

  #takeAck(ack: number, seq: number, window: number, bare: boolean): void {
    const { sender } = this
    if (!sender.acked(ack, seq, window, bare)) return
    this.soft = null
    if (sender.isDone) {
      if (this.state === 'FIN-WAIT-1') {
        this.state = 'FIN-WAIT-2'
        if (this.isOrphan) this.wait.set(ORPHAN_WAIT)
      } else if (this.state === 'CLOSING') this.#enterTimeWait()
      else if (this.state === 'LAST-ACK') this.end()
    }
    this.user.onWritable?.()
    if (sender.isIdle) this.user.onDrained?.()
  }

  #takeData(seq: number, segment: TCPSegment): void {
    const { data, flags } = segment
    if (this.state === 'TIME-WAIT') {
      this.#answerStraggler()
      return
    }
    if (this.isOrphan && seq + data.byteLength > this.receiver.next) {
      this.refuse(segment) // nobody is there to read it
      this.end()
      return
    }
    const ends = this.receiver.take(seq, data, (flags & FIN) !== 0)
    if (!ends) return
    if (this.state === 'ESTABLISHED') this.state = 'CLOSE-WAIT'
    else if (this.state === 'FIN-WAIT-1') this.state = 'CLOSING'
    else if (this.state === 'FIN-WAIT-2') this.#enterTimeWait()
  }

  #enterTimeWait(): void {
    this.state = 'TIME-WAIT'
    this.stop()
    this.wait.set(this.settings.timeWait)
  }

  #takeReset(): void {
    if (this.state === 'TIME-WAIT') this.end()
    else if (this.state === 'SYN-RECEIVED') this.fail('ECONNREFUSED')
    else this.fail(this.state === 'CLOSE-WAIT' ? 'EPIPE' : 'ECONNRESET')
  }

  protected waitIsOver(): void {
    if (this.state === 'SYN-SENT' || this.state === 'SYN-RECEIVED') this.#sendSyn()
    else this.end()
  }
}
