import { fstatSync } from 'node:fs'
import type { Readable } from 'node:stream'
import cliProgress from 'cli-progress'
import { Rate } from './rate.ts'
import type { Session } from '../session/session.ts'
import { size } from './traffic.ts'

const LATE = 500 // milliseconds before which nothing is shown: what is over by then needs no progress
const BAR = 30 // characters

/**
 * Shows on a terminal how a transfer goes, in a line that goes away at its end: the bytes of each way, their rate, and, where the
 * input is a file, how much of it has gone and how long the rest will take. Elsewhere, and with JSON, it shows nothing.
 */
export class Progress implements Disposable {
  readonly #session: Session
  readonly #total: number | null
  readonly #rate = new Rate()
  readonly #began = performance.now()
  #sent = 0
  #received = 0
  #bar: cliProgress.SingleBar | null = null
  #timer: NodeJS.Timeout | undefined

  /** Begins to count. */
  constructor(session: Session) {
    this.#session = session
    this.#total = sizeOf(session.input)
    const isApart = session.screen === undefined || this.#total !== null
    if (session.gauge !== undefined && isApart) this.#timer = setTimeout(() => this.#show(), LATE)
  }

  /** Counts bytes of the input that have been sent. */
  sent(bytes: number): void {
    this.#sent += bytes
    this.#bar?.update(Math.min(this.#sent, this.#total ?? this.#sent))
  }

  /** Counts bytes that are about to be written to the output, whose place the progress gives up where that is the terminal. */
  received(bytes: number): void {
    this.#received += bytes
    if (this.#session.screen !== undefined) this[Symbol.dispose]()
    this.#bar?.update(this.#sent)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#bar?.stop()
    this.#bar = null
  }

  #show(): void {
    this.#bar = new cliProgress.SingleBar({
      stream: this.#session.gauge,
      format: (options) =>
        this.#line(cliProgress.Format.BarFormat(this.#sent / (this.#total ?? Infinity), options)),
      barsize: BAR,
      fps: 4,
      clearOnComplete: true,
      gracefulExit: false, // it would take SIGINT over
    })
    this.#bar.start(this.#total ?? 0, this.#sent)
  }

  #line(bar: string): string {
    const rate = this.#rate.of(this.#sent + this.#received)
    const speed = `${size(Math.round(rate))}/s`
    const received = this.#received === 0 ? '' : `${size(this.#received)} received, `
    if (this.#total === null || this.#total === 0) {
      const passed = clock((performance.now() - this.#began) / 1000)
      const sent = this.#sent === 0 && received !== '' ? '' : `${size(this.#sent)} sent, `
      return `${sent}${received}${speed}, ${passed}`
    }
    const left = rate > 0 ? clock(Math.max(this.#total - this.#sent, 0) / rate) : '-:--'
    const share = Math.floor((100 * this.#sent) / this.#total)
    return `[${bar}] ${share}% of ${size(this.#total)}, ${received}${speed}, ${left} left`
  }
}

/** The bytes of an input that is a file; null for any other. */
function sizeOf(input: Readable): number | null {
  if (!('fd' in input) || typeof input.fd !== 'number') return null
  const stats = fstatSync(input.fd)
  return stats.isFile() ? stats.size : null
}

/** Seconds as a clock shows them: '0:07', '1:02:03'. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const rest = String(whole % 60).padStart(2, '0')
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${String(minutes).padStart(2, '0')}:${rest}`
}
