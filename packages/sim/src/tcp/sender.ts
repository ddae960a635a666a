import { Timer, type Time } from '../clock/time.ts'
import { ACK, FIN, PSH } from '../ip/packet.ts'
import { Congestion } from './congestion.ts'
import { RoundTrip } from './round_trip.ts'
import { SendBuffer } from './send_buffer.ts'

/** What a sender needs of its connection. */
export interface SenderOwner {
  /** Sends a segment. */
  emit(seq: number, flags: number, data?: Uint8Array): void
  /** There was no answer for too long. */
  gaveUp(): void
  /** How often something is sent again before that. */
  readonly retries: number
  /** For how many milliseconds something may wait for an answer before that; 0 for any number. */
  readonly userTimeout: number
}

/** The sending half of a connection: what goes out, when, and when again. */
export class Sender {
  /** What is to be sent and not acknowledged. */
  readonly buffer: SendBuffer
  /** The round trip. */
  readonly roundTrip = new RoundTrip()
  /** Whether small segments are sent although others are under way: Nagle's algorithm is off. */
  noDelay = true
  /** The sequence number of the next byte to be sent. */
  next: number
  /** The sequence number behind everything that was ever sent. */
  sent: number
  readonly #owner: SenderOwner
  readonly #time: Time
  readonly #congestion: Congestion
  readonly #timer: Timer
  #mss: number
  #finAcked = false
  #finAt = -1 // the sequence number of the FIN, -1 before there is one
  #peerWindow = 0
  #largestWindow = 0 // that the peer ever told
  #updatedSeq = 0 // of the segment that told the window: SND.WL1
  #updatedAck = 0 // what that segment acknowledged: SND.WL2
  #probing = false // whether the timer waits to ask for a window, and not for an acknowledgement
  #tries = 0 // how often the timer has run out since something was heard
  #stuckSince = 0 // since when an acknowledgement is waited for

  /** Makes the sender of a connection whose first byte will have the sequence number `start`. */
  constructor(owner: SenderOwner, time: Time, start: number, mss: number) {
    this.#owner = owner
    this.#time = time
    this.#mss = mss
    this.buffer = new SendBuffer(start)
    this.next = this.sent = start
    this.#congestion = new Congestion(mss)
    this.#timer = new Timer(time, () => {
      this.#expired()
    })
  }

  /** The sequence number of the first byte, or FIN, that is not acknowledged. */
  get una(): number {
    return this.#finAcked ? this.#finAt + 1 : this.buffer.start
  }

  /** Whether the peer has everything, the end included. */
  get isDone(): boolean {
    return this.#finAcked
  }

  /** Whether nothing waits for an acknowledgement. */
  get isIdle(): boolean {
    return this.sent === this.una && this.buffer.byteLength === 0
  }

  /** Says the end, behind what is to be sent. */
  end(): void {
    if (this.#finAt >= 0) return
    this.#finAt = this.buffer.end
    this.output()
  }

  /** Takes over the peer's window, as a segment says that has the number `seq` and acknowledges what is before `ack`. */
  setWindow(window: number, seq: number, ack: number): void {
    this.#peerWindow = window
    this.#largestWindow = Math.max(this.#largestWindow, window)
    this.#updatedSeq = seq
    this.#updatedAck = ack
  }

  /** Segments must not be larger than this from now on; what is under way is sent again. */
  shrink(mss: number): void {
    if (mss >= this.#mss) return
    this.#mss = mss
    this.#congestion.resize(mss)
    this.roundTrip.sentAgain()
    this.next = this.una
    this.output()
  }

  /** Takes what a segment acknowledges; `bare`: it carries nothing else. Gives whether bytes were acknowledged. */
  acked(ack: number, seq: number, window: number, bare: boolean): boolean {
    const { una } = this
    if (ack < una) return false
    if (ack === una) this.#ackedAgain(ack, seq, window, bare)
    else this.#ackedMore(ack, seq, window)
    this.output()
    return ack > una
  }

  /** Sends what may be sent now. */
  output(): void {
    for (;;) {
      const { una, next, buffer } = this
      const window = Math.min(this.#congestion.window + this.#congestion.extra, this.#peerWindow)
      const queued = buffer.end - next
      const length = Math.max(0, Math.min(this.#mss, queued, Math.floor(una + window - next)))
      const last = this.#finAt >= 0 && next + length === this.#finAt
      if (length === 0 && !last) break
      if (length > 0 && !last && this.#holdsBack(length, queued)) break
      this.#send(next, length, last)
    }
    if (!this.#timer.isSet && this.buffer.byteLength > 0 && this.sent === this.una) {
      this.#probing = true
      this.#stuckSince = this.#time.now
      this.#restartTimer()
    }
  }

  /** Asks the peer for an acknowledgement, by a segment that it has already. */
  probe(): void {
    this.#owner.emit(this.una - 1, ACK)
  }

  /** Sends nothing any more. */
  stop(): void {
    this.#timer.clear()
  }

  // The same was acknowledged once more: of a segment that was lost, or because the window has changed.
  #ackedAgain(ack: number, seq: number, window: number, bare: boolean): void {
    const isDuplicate = bare && window === this.#peerWindow && this.sent > ack
    this.#update(window, seq, ack)
    if (this.#probing) this.#tries = 0
    if (isDuplicate && this.#congestion.duplicate(ack, this.sent, this.next - ack)) this.#sendAgain()
  }

  #ackedMore(ack: number, seq: number, window: number): void {
    const { una } = this
    this.roundTrip.acked(ack, this.#time.now)
    this.#finAcked = this.#finAt >= 0 && ack > this.#finAt
    this.buffer.release(ack)
    if (this.next < ack) this.next = ack
    this.#tries = 0
    this.#stuckSince = this.#time.now
    this.#update(window, seq, ack)
    const isMissing = this.#congestion.acked(ack, ack - una, this.next - ack)
    if (this.sent > ack) this.#restartTimer()
    else this.#timer.clear()
    this.#probing = false
    if (isMissing) this.#sendAgain()
  }

  // Whether the next segment, of `length` of the `queued` bytes, is small and waits while others are under way: one cut off by the
  // window always, any other if Nagle has his way. With none under way one that is cut off waits for the window to open, which the
  // timer asks for.
  #holdsBack(length: number, queued: number): boolean {
    if (length === this.#mss || this.next < this.sent) return false
    const isCut = length < queued
    if (this.next > this.una) return isCut || !this.noDelay
    return isCut && length * 2 < this.#largestWindow
  }

  #send(seq: number, length: number, last: boolean): void {
    const end = seq + length + (last ? 1 : 0)
    const data = this.buffer.slice(seq, length)
    if (end > this.sent) {
      if (seq >= this.sent) this.roundTrip.sent(end, this.#time.now)
      if (this.sent === this.una) this.#stuckSince = this.#time.now
      this.sent = end
    } else {
      this.roundTrip.sentAgain()
    }
    this.next = Math.max(this.next, end)
    if (!this.#timer.isSet || this.#probing) this.#restartTimer()
    this.#probing = false
    const push = length > 0 && seq + length === this.buffer.end
    this.#owner.emit(seq, ACK | (push ? PSH : 0) | (last ? FIN : 0), data)
  }

  // Sends the first segment that is not acknowledged, once more or, of at most so many bytes, for the first time.
  #sendAgain(most = this.sent - this.una): void {
    const { una } = this
    this.roundTrip.sentAgain()
    const length = Math.max(0, Math.min(this.#mss, this.buffer.end - una, most))
    const last = this.#finAt >= 0 && una + length === this.#finAt && this.sent > this.#finAt
    if (length === 0 && !last) return
    this.sent = Math.max(this.sent, una + length)
    this.next = Math.max(this.next, una + length)
    this.#owner.emit(una, ACK | (last ? FIN : 0), this.buffer.slice(una, length))
  }

  #restartTimer(): void {
    this.#timer.set(this.roundTrip.timeout)
  }

  #expired(): void {
    const { userTimeout, retries } = this.#owner
    const late = userTimeout > 0 && this.#time.now - this.#stuckSince >= userTimeout
    if (this.#tries >= retries || late) {
      this.#owner.gaveUp()
      return
    }
    this.#tries++
    this.roundTrip.backOff()
    if (this.#probing) {
      this.#restartTimer()
      if (this.#peerWindow > 0) this.#sendAgain(this.#peerWindow)
      else this.probe()
      return
    }
    this.#congestion.timedOut(this.sent, this.next - this.una, this.#tries === 1)
    this.roundTrip.sentAgain()
    this.next = this.una
    this.#restartTimer()
    // A window that has closed meanwhile must not keep what was sent from being sent again.
    if (this.#peerWindow < 1) this.#sendAgain()
    else this.output()
  }

  #update(window: number, seq: number, ack: number): void {
    const newer = seq > this.#updatedSeq || (seq === this.#updatedSeq && ack >= this.#updatedAck)
    if (newer) this.setWindow(window, seq, ack)
  }
}
