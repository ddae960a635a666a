import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Running } from '@net/peers'

/** Where an example, or what lies beside them, is. */
export const here = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** Starts an example. */
export const start = (file: string, ...args: string[]): Running =>
  new Running(process.execPath, here(file), ...args)

/** How a program ended, and what it printed. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs an example to its end, without input. */
export function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } }
    const child = execFile(process.execPath, [here(file), ...args], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
    child.stdin?.end()
  })
}

/** Why a program can't be run, as a test's title says it; empty where it can. */
export function missing(program: string, ...args: string[]): string {
  const { error, status } = spawnSync(program, args)
  return error === undefined && status === 0 ? '' : ` (skipped: ${program} can't be run)`
}
