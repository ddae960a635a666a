import { race, type Ending } from '@net/io'
import { printable } from './printable.ts'
import type { Session } from './session.ts'

const LIVE = 250 // milliseconds between looks, on a terminal
const PLAIN = 10_000 // elsewhere, where each change is a line
const CLEAR = '\r\x1b[K'

/** How things stand: as a line, and as an object for JSON. */
export type Look = () => readonly [line: string, object: object]

/**
 * Shows how things stand while a command runs: one line that changes where the output is a terminal, lines
 * elsewhere. It does not keep the process alive.
 */
export class Status implements Disposable {
  readonly #session: Session
  readonly #look: Look
  readonly #timer: NodeJS.Timeout
  #shown = ''

  /** Shows what `look` gives, now and whenever it gives something else. */
  constructor(session: Session, look: Look) {
    this.#session = session
    this.#look = look
    this.#show()
    this.#timer = setInterval(() => this.#show(), session.screen === undefined ? PLAIN : LIVE)
    this.#timer.unref()
  }

  /** Says something beside the line, as the session does. */
  say(line: string, object: object): void {
    const { screen } = this.#session
    screen?.write(CLEAR)
    this.#session.say(`netx: ${line}`, object)
    if (screen !== undefined) this.#shown = ''
    this.#show()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#show()
    this.#session.screen?.write('\n')
  }

  #show(): void {
    const [line, object] = this.#look()
    if (line === this.#shown) return
    this.#shown = line
    const { screen } = this.#session
    if (screen === undefined) this.#session.answer([line], object)
    else screen.write(CLEAR + fitting(printable(line), screen))
  }
}

// The line is cut to the screen's width, because one that wraps can't be cleared.
function fitting(line: string, screen: object): string {
  const columns = 'columns' in screen && typeof screen.columns === 'number' ? screen.columns : 0
  return columns === 0 || line.length < columns ? line : `${line.slice(0, Math.max(columns - 2, 0))}…`
}

/**
 * Resolves when the process is asked to end: SIGINT, SIGTERM. A second time it ends at once. `done` and
 * `ending` end waiting, too.
 */
export async function asked(done: Promise<void>, ending: Ending): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const
  let stop = (): void => {}
  const stopped = new Promise<void>((resolve) => (stop = resolve))
  for (const signal of signals) process.once(signal, stop)
  try {
    await race(Promise.race([done, stopped]), ending)
  } finally {
    for (const signal of signals) process.removeListener(signal, stop)
  }
}

/** A number of things: '1 session', '2 sessions'. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
