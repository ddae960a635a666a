import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { ErrDeadlineExceeded, isErr } from '@net/core'
import { race, Scope } from '@net/io'
import { codeOf, messageOf } from './error.ts'
import { printable, printableJSON } from './printable.ts'
import type { Terminal } from './terminal.ts'

const GRACE = 1000 // milliseconds for a command that was ended to close what it has open

/** The options that every command has. */
export interface SessionOptions {
  /** Milliseconds after which the command is over; absent means no limit. */
  readonly timeout?: number | undefined
  /** Whether everything that netx says is an object of JSON, one a line. */
  readonly json?: boolean | undefined
  /** Whether netx tells who connects and how it ends. */
  readonly verbose?: boolean | undefined
  /** Whether netx tells of every operation of the network. */
  readonly trace?: boolean | undefined
}

/**
 * One run of a command: what it reads and writes, and what ends it from outside, which is the time limit and
 * a reader of its output who has gone. Whatever it says is shown as {@link printable} has it, since names,
 * addresses and errors come from others; only data goes out as it is.
 */
export class Session implements Disposable {
  /** What ends the command; it is the options of every call that may wait. */
  readonly ending: Scope
  readonly #terminal: Terminal
  readonly #options: SessionOptions
  readonly #broken: (e: Error) => void
  #isUnread = false
  #failed = false

  /** Begins a run. */
  constructor(terminal: Terminal, options: SessionOptions) {
    const { timeout } = options
    this.#terminal = terminal
    this.#options = options
    this.ending = new Scope(undefined, momentAfter(timeout))
    this.#broken = (e) => {
      if (!this.ending.isOver) this.#isUnread = codeOf(e) === 'EPIPE'
      this.ending.end(e)
    }
    for (const stream of [terminal.output, terminal.messages]) stream.on('error', this.#broken)
  }

  /** Whether the command has failed. */
  get failed(): boolean {
    return this.#failed
  }

  /** Whether every operation is to be told of. */
  get isTraced(): boolean {
    return this.#options.trace === true
  }

  /** What is to be sent. */
  get input(): Terminal['input'] {
    return this.#terminal.input
  }

  /** The output, for what is shown as it changes; undefined unless it is a terminal, and with JSON. */
  get screen(): Writable | undefined {
    return this.#shown(this.#terminal.output)
  }

  /** The messages, for what is shown as it changes; undefined unless they go to a terminal, with JSON, and while all is told. */
  get gauge(): Writable | undefined {
    return this.isTraced ? undefined : this.#shown(this.#terminal.messages)
  }

  #shown(stream: Writable): Writable | undefined {
    return 'isTTY' in stream && stream.isTTY === true && this.#options.json !== true ? stream : undefined
  }

  /**
   * Does a command's work. Rejects with what it throws, or with what has ended it; that nobody reads the
   * output any more is a good end.
   */
  async run(work: Promise<void>): Promise<void> {
    try {
      await race(work, this.ending)
      this.ending.throwIfOver()
    } catch (e) {
      if (!this.ending.isOver) throw e
      // The work's own error is better than the reason: it tells what was waited for.
      const own = await settled(work, GRACE)
      if (this.#isUnread) return
      throw isErr(own, ErrDeadlineExceeded) ? own : e
    }
  }

  /** The end of a step that may take so many milliseconds; absent means no limit but the command's own. */
  scope(timeout: number | undefined): Scope {
    return new Scope(this.ending, momentAfter(timeout))
  }

  /** Gives an answer: lines of the output, or with JSON this object. */
  answer(lines: readonly string[], object: object): void {
    const { output } = this.#terminal
    if (this.#options.json === true) output.write(jsonLine(object))
    else for (const line of lines) output.write(`${printable(line)}\n`)
  }

  /** Heads the answers that follow with a line, which JSON does without. */
  head(line: string): void {
    if (this.#options.json !== true) this.answer([line], {})
  }

  /** Says something beside the output: a line, or with JSON this object. */
  say(line: string, object: object): void {
    this.#terminal.messages.write(this.#options.json === true ? jsonLine(object) : `${printable(line)}\n`)
  }

  /** Says with what error the command has failed; without one its answer has told. */
  fail(e?: unknown): void {
    this.#failed = true
    if (e !== undefined) this.warn(e)
  }

  /** Says what error there was, which is none of the command. */
  warn(e: unknown): void {
    const error = messageOf(e)
    this.say(`netx: ${error}`, { error, code: codeOf(e) })
  }

  /** Says what only who asked for it wants to know. */
  note(line: string, object: object): void {
    if (this.#options.verbose === true) this.say(line, object)
  }

  /** Writes data to the output as it is, no faster than it is taken. */
  async write(data: Uint8Array): Promise<void> {
    const { output } = this.#terminal
    if (!output.write(data)) await race(once(output, 'drain'), this.ending)
  }

  [Symbol.dispose](): void {
    this.ending.end(new Error('the command is over'))
    for (const stream of [this.#terminal.output, this.#terminal.messages]) stream.off('error', this.#broken)
  }
}

/**
 * Waits until work has ended, for so many milliseconds at most, and gives its error; undefined where there is
 * none.
 */
async function settled(work: Promise<void>, patience: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patience)))
  try {
    return await Promise.race([work, late]).catch((e: unknown) => e)
  } finally {
    clearTimeout(timer)
  }
}

/** The moment on the monotonic clock that is so many milliseconds from now; Infinity for none. */
export function momentAfter(timeout: number | undefined): number {
  return timeout === undefined ? Infinity : performance.now() + timeout
}

function jsonLine(object: object): string {
  return `${printableJSON(object)}\n`
}
