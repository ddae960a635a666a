import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Why tests with a program that is not ours are skipped here, or '' where it is there. */
export function missing(program: string, ...args: string[]): string {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return ''
  } catch {
    return `${program} is not installed`
  }
}

/** A program that is not ours, with what it prints line by line. */
export class Peer {
  readonly child: ChildProcess
  readonly #lines: AsyncIterator<string>
  #errors = ''

  /** Starts a program; `stdio` are descriptors for it from the fourth on. */
  constructor(program: string, args: readonly string[], stdio: readonly number[] = []) {
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe', ...stdio] })
    this.child.stderr?.setEncoding('utf8').on('data', (s: string) => (this.#errors += s))
    this.#lines = this.#read()
  }

  /** The next line of its output. Rejects when there is none. */
  async line(): Promise<string> {
    const next = await this.#lines.next()
    if (next.done === true) throw new Error(`the program ended: ${this.#errors}`)
    return next.value
  }

  /** Waits until it has ended and gives its exit status. */
  async ended(): Promise<number | null> {
    const { child } = this
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    return child.exitCode
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended()
    // What it printed and nobody read would keep the pipes open.
    this.child.stdout?.destroy()
    this.child.stderr?.destroy()
  }

  async *#read(): AsyncGenerator<string, void, undefined> {
    let rest = ''
    const { stdout } = this.child
    if (stdout === null) return
    for await (const chunk of stdout.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  }
}

/** Starts a Python program that finds `argv` in sys.argv[1:]. */
export function python(program: string, argv: readonly string[] = [], stdio: readonly number[] = []): Peer {
  return new Peer('python3', ['-u', '-c', program, ...argv], stdio)
}
