import { execFileSync, spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** Why no network namespaces can be made here, or null. */
export function namespaceRefused(): string | null {
  const name = `net-core-${process.pid}-try`
  const { error, status, stderr } = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' })
  if (error !== undefined) return error.message
  if (status !== 0) return stderr.trim()
  execFileSync('ip', ['netns', 'del', name])
  return null
}

/** A network namespace with lo up. Its interfaces and what was started in it go with it. */
export class Namespace implements AsyncDisposable {
  readonly name: string
  readonly #children: ChildProcessByStdio<null, Readable, null>[] = []

  constructor(name: string) {
    this.name = `net-core-${process.pid}-${name}`
    execFileSync('ip', ['netns', 'add', this.name])
    this.ip('link set lo up')
  }

  /** Runs `ip` in the namespace. */
  ip(command: string): void {
    execFileSync('ip', ['-n', this.name, ...command.split(' ')])
  }

  /** Joins it with another namespace by a pair of interfaces, both up. */
  join(iface: string, other: Namespace, otherIface: string): void {
    this.ip(`link add ${iface} type veth peer name ${otherIface} netns ${other.name}`)
    this.ip(`link set ${iface} up`)
    other.ip(`link set ${otherIface} up`)
  }

  /** Starts a program in the namespace that runs to the end of the namespace; settles when it prints a line. */
  async start(program: string, ...args: string[]): Promise<void> {
    const child = this.#spawn(program, args)
    this.#children.push(child)
    for await (const _line of createInterface({ input: child.stdout })) return
    throw new Error(`${program} ended without a word`)
  }

  /** Runs a program in the namespace and gives what it prints. */
  async run(program: string, ...args: string[]): Promise<string> {
    const child = this.#spawn(program, args)
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (s: string) => (text += s))
    const [code] = (await once(child, 'close')) as [number | null]
    if (code !== 0) throw new Error(`${program} ended with ${code}`)
    return text
  }

  #spawn(program: string, args: string[]): ChildProcessByStdio<null, Readable, null> {
    return spawn('ip', ['netns', 'exec', this.name, program, ...args], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null) continue
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    }
    execFileSync('ip', ['netns', 'del', this.name])
  }
}
