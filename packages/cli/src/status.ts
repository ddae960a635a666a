import type { Terminal } from './exchange.ts'

const LIVE = 250 // milliseconds between looks, on a terminal
const PLAIN = 10_000 // elsewhere, where each change is a line
const CLEAR = '\r\x1b[K'

/**
 * Shows what goes on while a command runs: one line that changes where the output is a terminal, lines elsewhere. It does not
 * keep the process alive.
 */
export class Status implements Disposable {
  readonly #terminal: Terminal
  readonly #text: () => string
  readonly #live: boolean
  readonly #timer: NodeJS.Timeout
  #shown = ''

  /** Shows what `text` gives, now and whenever it gives something else. */
  constructor(terminal: Terminal, text: () => string) {
    this.#terminal = terminal
    this.#text = text
    this.#live = 'isTTY' in terminal.output && terminal.output.isTTY === true
    this.#show()
    this.#timer = setInterval(() => this.#show(), this.#live ? LIVE : PLAIN)
    this.#timer.unref()
  }

  /** Prints a message beside the line. */
  say(message: string): void {
    const { output, messages } = this.#terminal
    if (this.#live) output.write(CLEAR)
    messages.write(`netx: ${message}\n`)
    this.#shown = this.#live ? '' : this.#shown
    this.#show()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#show()
    if (this.#live) this.#terminal.output.write('\n')
  }

  // A line that wraps can't be cleared.
  #fitting(text: string): string {
    const { output } = this.#terminal
    const columns = 'columns' in output && typeof output.columns === 'number' ? output.columns : 0
    return columns === 0 || text.length < columns ? text : `${text.slice(0, Math.max(columns - 2, 0))}…`
  }

  #show(): void {
    const text = this.#text()
    if (text === this.#shown) return
    this.#shown = text
    this.#terminal.output.write(this.#live ? CLEAR + this.#fitting(text) : `${text}\n`)
  }
}

/** Resolves when the process is asked to end: SIGINT, SIGTERM. A second time it ends at once. `done` ends waiting, too. */
export async function asked(done: Promise<void>): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const
  let stop = (): void => {}
  const stopped = new Promise<void>((resolve) => (stop = resolve))
  for (const signal of signals) process.once(signal, stop)
  try {
    await Promise.race([done, stopped])
  } finally {
    for (const signal of signals) process.removeListener(signal, stop)
  }
}

/** A number of things: '1 session', '2 sessions'. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
