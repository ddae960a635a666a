import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { createInterface } from 'node:readline'
import { freePort } from './free_port.ts'

const paths = ['/usr/sbin/dnsmasq', '/usr/local/sbin/dnsmasq', '/opt/homebrew/sbin/dnsmasq']

/** Where dnsmasq is, or null. It is in Debian's package dnsmasq-base. */
export const dnsmasqPath = paths.find((path) => existsSync(path)) ?? null

/** A dnsmasq of the test's own on 127.0.0.1, over UDP and TCP. */
export class Dnsmasq implements AsyncDisposable {
  /** Its address as host:port. */
  readonly address: string
  readonly #process: ChildProcess

  private constructor(port: number, process: ChildProcess) {
    this.address = `127.0.0.1:${port}`
    this.#process = process
  }

  /** Starts one with options of dnsmasq(8); it asks no other server and reads no file. */
  static async start(path: string, options: readonly string[]): Promise<Dnsmasq> {
    for (let attempt = 0; ; attempt++) {
      const port = await freePort()
      const process = spawn(
        path,
        [
          '--no-daemon',
          '--conf-file=/dev/null',
          '--no-resolv',
          '--no-hosts',
          '--bind-interfaces',
          '--listen-address=127.0.0.1',
          '--pid-file=',
          `--user=${userInfo().username}`,
          `--port=${port}`,
          ...options,
        ],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      )
      const said: string[] = []
      for await (const line of createInterface({ input: process.stderr })) {
        said.push(line)
        if (line.includes('started')) {
          process.stderr.resume()
          return new Dnsmasq(port, process)
        }
      }
      // Someone else may have taken the port.
      if (attempt === 5) throw new Error(`dnsmasq does not start: ${said.join('; ')}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
  }
}
