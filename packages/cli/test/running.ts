import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Where netx is. */
export const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))

/** A netx that runs, and all it has printed. */
export class Running implements AsyncDisposable {
  readonly child: ChildProcess
  readonly closed: Promise<void>
  text = ''
  #look: () => void = () => {}

  constructor(command: string, ...args: string[]) {
    this.child = spawn(command, args)
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.text += chunk.toString()
        this.#look()
      })
    }
    this.closed = once(this.child, 'close').then(() => this.#look())
  }

  /** Waits until it has printed this, and gives what the first group matched. */
  printed(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        const match = pattern.exec(this.text)
        if (match !== null) resolve(match[1] ?? '')
        else if (this.child.exitCode !== null) reject(new Error(`it ended: ${this.text}`))
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

/** Runs netx. */
export const netx = (...args: string[]): Running => new Running(process.execPath, bin, ...args)

/** Runs netx import with both proxies, and gives curl's ways through them. */
export async function proxies(
  address: string,
  ...more: string[]
): Promise<{ running: Running; via: string[][] }> {
  const running = netx('import', '--socks', '0', '--http', '0', ...more, address)
  const socks = await running.printed(/SOCKS5 proxy at (.*)\n/)
  const http = await running.printed(/HTTP proxy at (.*)\n/)
  const via = [
    ['--socks5-hostname', socks],
    ['-x', `http://${http}`],
    ['-p', '-x', `http://${http}`],
  ]
  return { running, via }
}
