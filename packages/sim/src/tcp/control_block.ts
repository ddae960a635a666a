import { Timer, type Time } from '../clock/time.ts'
import { ACK, type TCPSegment } from '../ip/packet.ts'
import { KeepAlive } from './keep_alive.ts'
import { Receiver, type ReceiverOwner } from './receiver.ts'
import { resetOf, segmentOf } from './segment.ts'
import { Sender, type SenderOwner } from './sender.ts'
import type { End, State } from './state.ts'
import type { TCPSettings } from './tcp_options.ts'
import { NOBODY, type ConnectionUser } from './user.ts'

const ORPHAN_RETRIES = 8 // how often what was left behind is sent again (net.ipv4.tcp_orphan_retries)

/** What there is of a connection: its two halves, its timers, how it failed. What it does is {@link Connection}'s. */
export abstract class ControlBlock implements SenderOwner, ReceiverOwner {
  readonly local: End
  readonly remote: End
  /** Whoever uses it. */
  user: ConnectionUser = NOBODY
  /** Its keep-alive. */
  readonly keepAlive: KeepAlive
  /** Where it stands. */
  state: State = 'CLOSED'
  /** The sending half. */
  sender: Sender
  /** The receiving half. */
  receiver: Receiver
  /** The most bytes that a segment carries. */
  mss: number
  /** Whether it was left behind. */
  protected isOrphan = false
  /** What ICMP told, which is the error if it comes to that. */
  protected soft: string | null = null
  /** Our first sequence number. */
  protected readonly first: number
  /** Waits in the handshake, in FIN-WAIT-2 and in TIME-WAIT. */
  protected readonly wait: Timer
  protected readonly settings: TCPSettings
  readonly #time: Time
  #error: string | null = null

  /** Makes it for a connection that has not begun. */
  constructor(time: Time, settings: TCPSettings, local: End, remote: End, first: number, mss: number) {
    this.#time = time
    this.settings = settings
    this.local = local
    this.remote = remote
    this.first = first
    this.mss = mss
    this.wait = new Timer(time, () => {
      this.waitIsOver()
    })
    this.keepAlive = new KeepAlive(time, {
      isBusy: () => !this.sender.isIdle || !this.isSynchronized,
      probe: () => {
        this.sender.probe()
      },
      gaveUp: () => {
        this.gaveUp()
      },
    })
    this.sender = new Sender(this, time, first + 1, mss)
    this.receiver = new Receiver(this, time, 0, settings.readBuffer)
  }

  /** Sends a segment; gives the name of what is wrong, or null. */
  protected abstract transmit(segment: TCPSegment): string | null
  /** Tells that it is gone. */
  protected abstract gone(): void
  /** What {@link wait} was set for has not come. */
  protected abstract waitIsOver(): void

  // What was left behind is not worth as many tries.
  get retries(): number {
    const { retries } = this.settings
    return this.isOrphan ? Math.min(retries, ORPHAN_RETRIES) : retries
  }

  get userTimeout(): number {
    return this.settings.userTimeout
  }

  /** Whether both ends know of it. */
  protected get isSynchronized(): boolean {
    return this.state !== 'SYN-SENT' && this.state !== 'SYN-RECEIVED' && this.state !== 'CLOSED'
  }

  /** Takes the error that has ended it, which is told once; null when there is none. */
  takeError(): string | null {
    const error = this.#error
    this.#error = null
    return error
  }

  emit(seq: number, flags: number, data?: Uint8Array): void {
    const error = this.transmit(segmentOf(this, this.receiver, seq, flags, data))
    if (error !== null && error !== 'EMSGSIZE') this.soft = error
  }

  acknowledge(): void {
    if (this.state !== 'CLOSED') this.emit(this.sender.sent, ACK)
  }

  gaveUp(): void {
    this.fail(this.soft ?? 'ETIMEDOUT')
  }

  readable(): void {
    this.user.onReadable?.()
  }

  /** Makes the two halves again, as the peer's SYN says. */
  protected beginWith(syn: TCPSegment): void {
    this.mss = Math.min(this.mss, syn.mss > 0 ? syn.mss : 536)
    this.sender = new Sender(this, this.#time, this.first + 1, this.mss)
    this.receiver = new Receiver(this, this.#time, syn.seq + 1, this.settings.readBuffer)
  }

  /** Answers what does not belong to the connection. */
  protected refuse(segment: TCPSegment): void {
    this.transmit(resetOf(this, segment))
  }

  /** Ends it without a word, with an error for whoever uses it. */
  fail(error: string): void {
    if (this.state === 'CLOSED') return
    this.#error = error
    this.end()
  }

  /** Ends it. */
  protected end(): void {
    if (this.state === 'CLOSED') return
    this.state = 'CLOSED'
    this.stop()
    this.wait.clear()
    this.gone()
    const { user } = this
    user.onOpened?.()
    user.onReadable?.()
    user.onWritable?.()
    user.onDrained?.()
  }

  /** Stops the two halves. */
  protected stop(): void {
    this.sender.stop()
    this.receiver.stop()
    this.keepAlive.stop()
  }
}
