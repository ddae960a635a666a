import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freeTCPPort } from './free_port.ts'

/** How a server is started. */
export interface ServerPlan {
  /** The program. */
  readonly path: string
  /** What it logs once it accepts connections. */
  readonly ready: RegExp
  /** What ends it at once. */
  readonly signal: NodeJS.Signals
  /** Its arguments; it shall listen on this port of 127.0.0.1, and leave nothing outside this folder. */
  args(port: number, dir: string): readonly string[]
  /** Prepares the folder, and gives the user to run as. */
  prepare?(dir: string): { readonly uid: number; readonly gid: number } | undefined
}

/** A server that is not ours, in a folder of its own, until it is disposed of. */
export class ServerProcess implements AsyncDisposable {
  /** Its port of 127.0.0.1. */
  readonly port: number
  /** Its folder. */
  readonly dir: string
  readonly #process: ChildProcess
  readonly #signal: NodeJS.Signals

  private constructor(port: number, process: ChildProcess, dir: string, signal: NodeJS.Signals) {
    this.port = port
    this.#process = process
    this.dir = dir
    this.#signal = signal
  }

  /** Starts a server and waits until it accepts connections. */
  static async start(plan: ServerPlan): Promise<ServerProcess> {
    const dir = await mkdtemp(join(tmpdir(), 'net-peer-'))
    const user = plan.prepare?.(dir)
    for (let attempt = 0; ; attempt++) {
      const port = await freeTCPPort()
      const child = spawn(plan.path, plan.args(port, dir), {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: dir,
        ...user,
      })
      const said = await started(child, plan.ready)
      if (said === null) return new ServerProcess(port, child, dir, plan.signal)
      // Someone else may have taken the port.
      if (attempt === 5) throw new Error(`${plan.path} does not start: ${said}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#process, 'exit')
    this.#process.kill(this.#signal)
    await gone
    await rm(this.dir, { recursive: true, maxRetries: 10 })
  }
}

// Waits for what a server says when it is ready; gives what it said instead when it ends before.
async function started(child: ChildProcess, ready: RegExp): Promise<string | null> {
  const said: string[] = []
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null)
  return await new Promise((resolve, reject) => {
    for (const stream of streams) {
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line)
        if (ready.test(line)) resolve(null)
      })
    }
    child.once('error', reject)
    child.once('exit', () => resolve(said.join('; ')))
  })
}
