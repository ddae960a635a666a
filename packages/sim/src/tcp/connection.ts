import { Timer, type Time } from '../clock/time.ts'
import { ACK, FIN, RST, SYN, type TCPSegment } from '../ip/packet.ts'
import { KeepAlive } from './keep_alive.ts'
import { Receiver } from './receiver.ts'
import { Sender } from './sender.ts'
import { unwrap, wrap } from './sequence.ts'
import type { TCPSettings } from './tcp_options.ts'

/** The states of RFC 9293 section 3.3.2; those that listen are no connections. */
export type State =
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT'
  | 'CLOSED'

/** One end of a connection. */
export interface End {
  readonly addr: string
  readonly port: number
}

/** What a connection needs of the TCP that it belongs to. */
export interface ConnectionOwner {
  readonly time: Time
  readonly settings: TCPSettings
  /** Sends a segment; gives the name of what is wrong, or null. */
  transmit(c: Connection, segment: Omit<TCPSegment, 'kind' | 'srcPort' | 'dstPort'>): string | null
  /** The handshake is done. */
  established(c: Connection): void
  /** The connection is gone. */
  gone(c: Connection): void
}

/** Whoever uses a connection: told when something may have become possible. */
export interface ConnectionUser {
  /** It has become established, or has failed before it did. */
  onOpened(): void
  /** There is more to read, or the end, or an error. */
  onReadable(): void
  /** There is room to write, or an error. */
  onWritable(): void
  /** Everything that was sent is acknowledged, or the connection is gone. */
  onDrained(): void
}

const NOBODY: ConnectionUser = { onOpened() {}, onReadable() {}, onWritable() {}, onDrained() {} }
const NONE = new Uint8Array(0)
const HANDSHAKE = 1000 // milliseconds to the second SYN; each further one takes twice as long
const SYN_ACKS = 5 // how often a SYN is answered again (net.ipv4.tcp_synack_retries)
const ORPHAN_RETRIES = 8 // how often what was left behind is sent again (net.ipv4.tcp_orphan_retries)
const ORPHAN_WAIT = 60_000 // milliseconds that FIN-WAIT-2 takes of what was left behind (net.ipv4.tcp_fin_timeout)

/** A TCP connection (RFC 9293). */
export class Connection {
  readonly local: End
  readonly remote: End
  /** Whoever uses it. */
  user: ConnectionUser = NOBODY
  /** Its keep-alive. */
  readonly keepAlive: KeepAlive
  readonly #owner: ConnectionOwner
  readonly #wait: Timer // of the handshake, of FIN-WAIT-2 and of TIME-WAIT
  readonly #first: number // our first sequence number
  readonly #scale: number
  #state: State = 'CLOSED'
  #sender: Sender
  #receiver: Receiver
  #mss: number
  #peerScale = -1
  #tries = 0
  #error: string | null = null
  #soft: string | null = null // what ICMP told, which is the error if it comes to that
  #orphan = false

  /** Makes a connection that has not begun; segments carry at most `mss` bytes. */
  constructor(owner: ConnectionOwner, local: End, remote: End, first: number, mss: number) {
    this.#owner = owner
    this.local = local
    this.remote = remote
    this.#first = first
    this.#mss = mss
    const { readBuffer } = owner.settings
    this.#scale = Math.max(0, Math.ceil(Math.log2(readBuffer / 0xffff)))
    this.#wait = new Timer(owner.time, () => {
      this.#waited()
    })
    this.keepAlive = new KeepAlive(owner.time, {
      isBusy: () => !this.#sender.isIdle || !this.#isSynchronized,
      probe: () => {
        this.#sender.probe()
      },
      gaveUp: () => {
        this.#fail(this.#soft ?? 'ETIMEDOUT')
      },
    })
    this.#sender = this.#makeSender()
    this.#receiver = new Receiver(this, owner.time, 0, readBuffer)
  }

  get state(): State {
    return this.#state
  }

  /** The sending half. */
  get sender(): Sender {
    return this.#sender
  }

  /** The receiving half. */
  get receiver(): Receiver {
    return this.#receiver
  }

  /** The most bytes that a segment carries. */
  get mss(): number {
    return this.#mss
  }

  /** Whether both ends know of it. */
  get #isSynchronized(): boolean {
    return this.#state !== 'SYN-SENT' && this.#state !== 'SYN-RECEIVED' && this.#state !== 'CLOSED'
  }

  /** Takes the error that has ended it, which is told once; null when there is none. */
  takeError(): string | null {
    const error = this.#error
    this.#error = null
    return error
  }

  /** Whether it has failed and nobody was told. */
  get hasFailed(): boolean {
    return this.#error !== null
  }

  /** Sends the SYN. Gives the name of what is wrong, or null. */
  connect(): string | null {
    this.#state = 'SYN-SENT'
    return this.#synchronize()
  }

  /** Answers a SYN. */
  accept(syn: TCPSegment): void {
    this.#synchronized(syn)
    this.#state = 'SYN-RECEIVED'
    this.#synchronize()
  }

  /** Says the end, behind what is to be sent. */
  shutdown(): void {
    if (this.#state === 'ESTABLISHED') this.#state = 'FIN-WAIT-1'
    else if (this.#state === 'CLOSE-WAIT') this.#state = 'LAST-ACK'
    else return
    this.#sender.end()
  }

  /** Nobody uses it any more: it ends in its own time, or at once by a reset when `reset` is true or something was not read. */
  abandon(reset: boolean): void {
    this.user = NOBODY
    this.#orphan = true
    if (this.#state === 'SYN-SENT' || this.#state === 'SYN-RECEIVED') this.#end()
    else if (this.#state === 'TIME-WAIT' || this.#state === 'CLOSED') return
    else if (reset || this.#receiver.queue.length > 0) this.abort()
    else {
      this.shutdown()
      if (this.#state === 'FIN-WAIT-2') this.#wait.set(ORPHAN_WAIT)
    }
  }

  /** Ends it by a reset. */
  abort(): void {
    if (this.#isSynchronized) this.#emit(this.#sender.sent, RST | ACK, NONE)
    this.#end()
  }

  /** Ends it without a word, with an error for whoever uses it. */
  vanish(error: string): void {
    this.#fail(error)
  }

  /** A segment has come in. */
  input(segment: TCPSegment): void {
    this.keepAlive.heard()
    switch (this.#state) {
      case 'CLOSED':
        return
      case 'SYN-SENT':
        this.#answered(segment)
        return
      default:
        this.#arrived(segment)
    }
  }

  /** A packet of it did not get through: an error of the handshake, else one that counts if it comes to the worst. */
  troubled(error: string): void {
    if (this.#state === 'SYN-SENT') this.#fail(error)
    else this.#soft = error
  }

  /** Segments must not be larger than this any more. */
  shrink(mss: number): void {
    if (mss >= this.#mss) return
    this.#mss = mss
    this.#sender.shrink(mss)
  }

  /** Sends a segment of the sender's. */
  emit(seq: number, flags: number, data: Uint8Array): void {
    this.#emit(seq, flags, data)
  }

  /** The sender has given up. */
  gaveUp(): void {
    this.#fail(this.#soft ?? 'ETIMEDOUT')
  }

  /** Sends an acknowledgement. */
  acknowledge(): void {
    if (this.#state !== 'CLOSED') this.#emit(this.#sender.sent, ACK, NONE)
  }

  /** There is something to read. */
  readable(): void {
    this.user.onReadable()
  }

  /** How often something is sent again: what was left behind is not worth as many tries. */
  get retries(): number {
    const { retries } = this.#owner.settings
    return this.#orphan ? Math.min(retries, ORPHAN_RETRIES) : retries
  }

  /** For how long something may wait for an acknowledgement, in milliseconds; 0 for any time. */
  get userTimeout(): number {
    return this.#owner.settings.userTimeout
  }

  #makeSender(): Sender {
    return new Sender(this, this.#owner.time, this.#first + 1, this.#mss)
  }

  // Sends a SYN, with an acknowledgement when the peer's has come.
  #synchronize(): string | null {
    const { settings } = this.#owner
    const received = this.#state === 'SYN-RECEIVED'
    if (this.#tries > (received ? SYN_ACKS : settings.synRetries)) {
      this.#fail(this.#soft ?? 'ETIMEDOUT')
      return null
    }
    const answersPlain = received && this.#peerScale < 0
    const error = this.#owner.transmit(this, {
      seq: wrap(this.#first),
      ack: received ? wrap(this.#receiver.next) : 0,
      flags: received ? SYN | ACK : SYN,
      window: this.#receiver.window(false),
      mss: this.#mss,
      scale: answersPlain ? -1 : this.#scale,
      data: NONE,
    })
    this.#wait.set(HANDSHAKE * 2 ** this.#tries++)
    return error
  }

  // Takes over what the peer's SYN says.
  #synchronized(syn: TCPSegment): void {
    this.#mss = Math.min(this.#mss, syn.mss > 0 ? syn.mss : 536)
    this.#peerScale = syn.scale
    this.#sender = this.#makeSender()
    this.#receiver = new Receiver(this, this.#owner.time, syn.seq + 1, this.#owner.settings.readBuffer)
    if (syn.scale >= 0) this.#receiver.scale = this.#scale
  }

  // SYN-SENT (RFC 9293 section 3.10.7.3).
  #answered(segment: TCPSegment): void {
    const { flags } = segment
    const acks = (flags & ACK) !== 0
    const fits = acks && unwrap(segment.ack, this.#first) === this.#first + 1
    if (acks && !fits) {
      if ((flags & RST) === 0) this.#refuse(segment)
    } else if ((flags & RST) !== 0) {
      if (acks) this.#fail('ECONNREFUSED')
    } else if ((flags & SYN) !== 0) {
      this.#synchronized(segment)
      if (acks) {
        this.#sender.open(segment.window, segment.seq, this.#first + 1)
        this.#open()
        this.acknowledge()
      } else {
        this.#state = 'SYN-RECEIVED'
        this.#tries = 0
        this.#synchronize()
      }
    }
  }

  #open(): void {
    this.#wait.clear()
    this.#tries = 0
    this.#state = 'ESTABLISHED'
    this.keepAlive.begin()
    this.#owner.established(this)
    this.user.onOpened()
  }

  // All other states (RFC 9293 section 3.10.7.4).
  #arrived(segment: TCPSegment): void {
    const { flags, data } = segment
    const receiver = this.#receiver
    const seq = unwrap(segment.seq, receiver.next)
    const length = data.byteLength + ((flags & FIN) !== 0 ? 1 : 0)
    if ((flags & SYN) !== 0) {
      this.#synchronizedAgain(flags)
      return
    }
    if (seq + length < receiver.told || seq > receiver.edge) {
      if ((flags & RST) === 0) this.#acknowledgeAgain()
      return
    }
    if ((flags & RST) !== 0) {
      if (seq === receiver.next) this.#reset()
      else this.acknowledge() // who is there would answer with one that fits (RFC 5961)
      return
    }
    if ((flags & ACK) === 0) return
    const ack = unwrap(segment.ack, this.#sender.una)
    if (this.#state === 'SYN-RECEIVED') {
      if (ack !== this.#first + 1) {
        this.#refuse(segment)
        return
      }
      this.#sender.open(segment.window * 2 ** this.#peerShift, seq, ack)
      this.#open()
    }
    if (ack > this.#sender.sent) {
      this.acknowledge()
      return
    }
    this.#acknowledged(ack, seq, segment, length === 0)
    if (length > 0 && this.#state !== 'CLOSED') this.#received(seq, segment)
  }

  get #peerShift(): number {
    return Math.max(0, this.#peerScale)
  }

  // A SYN of somebody who does not know that the connection is there, or whose answer was lost.
  #synchronizedAgain(flags: number): void {
    if (this.#state === 'SYN-RECEIVED' && (flags & ACK) === 0) {
      this.#tries = Math.max(0, this.#tries - 1)
      this.#synchronize()
    } else {
      this.acknowledge()
    }
  }

  #acknowledgeAgain(): void {
    if (this.#state === 'TIME-WAIT') this.#wait.set(this.#owner.settings.timeWait)
    this.acknowledge()
  }

  #acknowledged(ack: number, seq: number, { window, data }: TCPSegment, bare: boolean): void {
    const sender = this.#sender
    const moved = sender.acked(ack, seq, window * 2 ** this.#peerShift, bare && data.byteLength === 0)
    if (!moved) return
    this.#soft = null
    if (sender.isDone) {
      if (this.#state === 'FIN-WAIT-1') {
        this.#state = 'FIN-WAIT-2'
        if (this.#orphan) this.#wait.set(ORPHAN_WAIT)
      } else if (this.#state === 'CLOSING') this.#timeWait()
      else if (this.#state === 'LAST-ACK') this.#end()
    }
    this.user.onWritable()
    if (sender.isIdle) this.user.onDrained()
  }

  #received(seq: number, segment: TCPSegment): void {
    const { data, flags } = segment
    if (this.#state === 'TIME-WAIT') {
      this.#acknowledgeAgain()
      return
    }
    if (this.#orphan && seq + data.byteLength > this.#receiver.next) {
      this.#refuse(segment) // nobody is there to read it
      this.#end()
      return
    }
    const ends = this.#receiver.take(seq, data, (flags & FIN) !== 0)
    if (!ends) return
    if (this.#state === 'ESTABLISHED') this.#state = 'CLOSE-WAIT'
    else if (this.#state === 'FIN-WAIT-1') this.#state = 'CLOSING'
    else if (this.#state === 'FIN-WAIT-2') this.#timeWait()
  }

  #timeWait(): void {
    this.#state = 'TIME-WAIT'
    this.#sender.stop()
    this.#receiver.stop()
    this.keepAlive.stop()
    this.#wait.set(this.#owner.settings.timeWait)
  }

  #reset(): void {
    if (this.#state === 'TIME-WAIT') this.#end()
    else if (this.#state === 'SYN-RECEIVED') this.#fail('ECONNREFUSED')
    else this.#fail(this.#state === 'CLOSE-WAIT' ? 'EPIPE' : 'ECONNRESET')
  }

  // Answers what does not belong to the connection.
  #refuse(segment: TCPSegment): void {
    this.#owner.transmit(this, {
      seq: (segment.flags & ACK) !== 0 ? segment.ack : 0,
      ack: 0,
      flags: RST,
      window: 0,
      mss: 0,
      scale: -1,
      data: NONE,
    })
  }

  #emit(seq: number, flags: number, data: Uint8Array): void {
    const error = this.#owner.transmit(this, {
      seq: wrap(seq),
      ack: wrap(this.#receiver.next),
      flags,
      window: this.#receiver.window(),
      mss: 0,
      scale: -1,
      data,
    })
    if (error !== null && error !== 'EMSGSIZE') this.#soft = error
  }

  #fail(error: string): void {
    if (this.#state === 'CLOSED') return
    this.#error = error
    this.#end()
  }

  #end(): void {
    if (this.#state === 'CLOSED') return
    this.#state = 'CLOSED'
    this.#wait.clear()
    this.#sender.stop()
    this.#receiver.stop()
    this.keepAlive.stop()
    this.#owner.gone(this)
    const { user } = this
    user.onOpened()
    user.onReadable()
    user.onWritable()
    user.onDrained()
  }

  #waited(): void {
    if (this.#state === 'SYN-SENT' || this.#state === 'SYN-RECEIVED') this.#synchronize()
    else this.#end()
  }
}
