import { execFileSync, spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** Runs `ip` of iproute2 and gives what it prints. */
export function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' })
}

let count = 0

function newName(): string {
  return `net-posix-${process.pid}-${count++}`
}

/** Why no network namespace can be made here, or null. */
export function namespaceRefused(): string | null {
  const name = newName()
  const { error, status, stderr } = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' })
  if (error !== undefined) return error.message
  if (status !== 0) return stderr.trim()
  ip('netns', 'del', name)
  return null
}

/** A network namespace, which goes with its interfaces on close. */
export class Namespace {
  readonly name = newName()
  readonly #children: Child[] = []

  /** Makes a namespace in which only lo is, and down. */
  constructor() {
    ip('netns', 'add', this.name)
  }

  /** Runs `ip` in the namespace and gives what it prints. */
  ip(...args: string[]): string {
    return ip('-n', this.name, ...args)
  }

  /** Runs many commands of `ip` in one process. */
  batch(commands: string[]): void {
    execFileSync('ip', ['-n', this.name, '-batch', '-'], { input: commands.join('\n') })
  }

  /** The same without waiting; settles with the exit code. */
  async batchAsync(commands: string[]): Promise<number> {
    const child = spawn('ip', ['-n', this.name, '-batch', '-'], { stdio: ['pipe', 'ignore', 'inherit'] })
    child.stdin.end(commands.join('\n'))
    const [code] = (await once(child, 'exit')) as [number]
    return code
  }

  /** Starts netns.mjs in the namespace. */
  start(): Child {
    const child = new Child(this.name)
    this.#children.push(child)
    return child
  }

  /** Ends what was started and removes the namespace. */
  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.end()))
    ip('netns', 'del', this.name)
  }
}

/** An event as the child prints it: addresses are texts. */
export interface PrintedEvent {
  kind: string
  action?: string
  index?: number
  addr?: string
  iface?: PrintedInterface
  destination?: string
  type?: string
  nextHops?: { index: number; gateway: string | null; weight: number }[]
  source?: string | null
  table?: number
  metric?: number
}

/** An interface as the child prints it. */
export interface PrintedInterface {
  index: number
  name: string
  mtu: number
  hardwareAddr: string | null
  flags: string
  addrs?: string[]
  multicastAddrs?: string[]
}

/** A process in a namespace that runs the package and does what it is told. */
export class Child {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>

  /** Starts the process. */
  constructor(namespace: string) {
    this.#process = spawn('ip', ['netns', 'exec', namespace, process.execPath, 'netns.mjs'], {
      cwd: import.meta.dirname,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  /** Tells it a word, of those in netns.mjs. */
  tell(word: string): void {
    this.#process.stdin.write(`${word}\n`)
  }

  /** The next line it prints. */
  async line<T>(): Promise<T> {
    const next = await this.#lines.next()
    if (next.done) throw new Error('the process in the namespace has ended')
    return JSON.parse(next.value) as T
  }

  /** Asks for something and gives the answer. */
  async ask<T>(word: string): Promise<T> {
    this.tell(word)
    return await this.line()
  }

  /** The next event that is as wanted; those before it are passed over. */
  async event(wanted: (e: PrintedEvent) => boolean): Promise<PrintedEvent> {
    for (;;) {
      const e = await this.ask<PrintedEvent>('next')
      if (wanted(e)) return e
    }
  }

  /** Ends the process and gives its exit code. */
  async end(): Promise<number | null> {
    const { exitCode, stdin } = this.#process
    if (exitCode !== null) return exitCode
    const exit = once(this.#process, 'exit')
    stdin.end()
    const [code] = (await exit) as [number | null]
    return code
  }
}
