import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** A program that runs, and all it has printed. Disposing of it kills it. */
export class Running implements AsyncDisposable {
  /** Its process. */
  readonly child: ChildProcess
  /** Settles when it has ended, and all others to which it gave its outputs. */
  readonly closed: Promise<void>
  /** What it has printed on either output. */
  text = ''
  #isOver = false
  #look: () => void = () => {}

  /** Starts a program. */
  constructor(command: string, ...args: string[]) {
    this.child = spawn(command, args)
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.text += chunk.toString()
        this.#look()
      })
    }
    this.closed = once(this.child, 'close').then(() => {
      this.#isOver = true
      this.#look()
    })
  }

  /** Waits until it has printed this, and gives what the first group matched. Rejects when it is {@link closed} before. */
  printed(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        const match = pattern.exec(this.text)
        if (match !== null) resolve(match[1] ?? '')
        else if (this.#isOver) reject(new Error(`it ended: ${this.text}`))
      }
      this.#look()
    })
  }

  /** Asks it to end and gives its exit code. */
  async end(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    this.child.kill(signal)
    await this.closed
    return this.child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.end('SIGKILL')
  }
}
