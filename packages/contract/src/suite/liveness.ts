import { equal, ok } from './assert.ts'
import { part, type PartOptions, type Runner } from './part.ts'

/** How a child process makes what is tested. */
export interface LivenessScript {
  /** The text of a module: imports, and declarations of what is tested. May use top-level await. */
  readonly script: string
  /** Where the child runs, so that the script's imports are found; absent: where this process runs. */
  readonly cwd?: string | undefined
  /** Arguments of Node before the script, such as import conditions. */
  readonly execArgv?: readonly string[] | undefined
}

/** What a child did: whether it lived until it was stopped, and what it wrote to standard error. */
interface Outcome {
  readonly alive: boolean
  readonly stderr: string
}

const ALIVE = 700 // milliseconds after which a child that is to stay alive has done so
const EXIT = 20_000 // milliseconds: what a child may take to let go of everything

// The watch does not keep the child alive: it fires only when something else does.
const watch = (ms: number): string => `
await new Promise((resolve) => setImmediate(resolve))
setTimeout(() => {
  process.stdout.write('alive')
  process.exit(0)
}, ${ms}).unref()
`

/**
 * Registers statements about what keeps a process alive. Each of `cases` is a statement, the code that a child runs
 * after `liveness.script`, and whether the child must stay alive.
 */
export function testLiveness(
  t: Runner,
  options: PartOptions,
  liveness: LivenessScript,
  cases: readonly (readonly [statement: string, code: string, alive: boolean])[],
): void {
  for (const [statement, code, alive] of cases) {
    const make = (): Promise<{ stop(): Promise<void> }> => Promise.resolve({ stop: () => Promise.resolve() })
    part(t, options, statement, make, async () => {
      const script = `${liveness.script}\n;${code}\n${watch(alive ? ALIVE : EXIT)}`
      const outcome = await child(script, liveness)
      equal(outcome.stderr, '', 'what the child wrote to standard error')
      equal(outcome.alive, alive, 'whether the child stayed alive')
    })
  }
}

/** How the host that runs this is told to run a module's text. */
function argsOf(script: string, execArgv: readonly string[]): string[] {
  if ('Deno' in globalThis) return ['eval', script]
  if ('Bun' in globalThis) return ['-e', script]
  return [...execArgv, '--input-type=module', '-e', script]
}

async function child(script: string, { cwd, execArgv = [] }: LivenessScript): Promise<Outcome> {
  const { spawn } = await import('node:child_process')
  const process = (globalThis as { process?: NodeJS.Process }).process
  ok(process !== undefined, 'this host has no processes')
  const args = argsOf(script, execArgv)
  const running = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  running.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  running.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => {
    running.on('error', reject)
    running.on('close', resolve)
  })
  equal(code, 0, `exit code of the child (${stderr})`)
  return { alive: stdout === 'alive', stderr }
}
