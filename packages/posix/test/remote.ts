import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type * as addr from '@net/addr'
import type * as contract from '@net/contract'
import type * as posix from '../src/index.ts'

/** What a function in another process is given: the packages, and a place to keep what later calls need. */
export type Remote = typeof addr & typeof contract & typeof posix & { kept: Map<string, unknown> }

interface Answer<T> {
  value?: T
  error?: { message: string; code: string | null }
}

/** A process in a network namespace that runs functions of the test, which may use only what they are given. */
export class RemoteProcess {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>

  /** Starts the process. */
  constructor(namespace: string) {
    this.#process = spawn('ip', ['netns', 'exec', namespace, process.execPath, 'remote.mjs'], {
      cwd: import.meta.dirname,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  /** Runs a function there and gives what it gives, as JSON. An error there is thrown here, with its code. */
  async run<A extends unknown[], T>(
    f: (remote: Remote, ...args: A) => T | Promise<T>,
    ...args: A
  ): Promise<T> {
    this.#process.stdin.write(`${JSON.stringify({ code: f.toString(), args })}\n`)
    const next = await this.#lines.next()
    if (next.done === true) throw new Error('the process in the namespace has ended')
    const { value, error } = JSON.parse(next.value) as Answer<T>
    if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code })
    return value as T
  }

  /** Ends the process. */
  async end(): Promise<void> {
    const { exitCode, stdin } = this.#process
    if (exitCode !== null) return
    const exit = once(this.#process, 'exit')
    stdin.end()
    await exit
  }
}
