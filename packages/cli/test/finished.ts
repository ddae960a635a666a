import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { netx } from '../src/index.ts'
import { bin } from './running.ts'

/** How a netx ended, and what it printed. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts netx. */
export function start(...args: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [bin, ...args])
}

/** Waits for the end of a child that gets this input; null leaves its input open. */
export async function finish(
  child: ChildProcessWithoutNullStreams,
  input: string | null = '',
): Promise<Outcome> {
  child.stdin.on('error', () => {}) // it may end without having read
  if (input !== null) child.stdin.end(input)
  const [stdout, stderr, closed] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code: closed[0] as number | null, stdout, stderr }
}

/** Runs netx to its end, without input. */
export const finished = (...args: string[]): Promise<Outcome> => finish(start(...args))

/** Runs netx within this process, without input. */
export async function answered(...args: string[]): Promise<Outcome> {
  const [input, output, messages] = [new PassThrough(), new PassThrough(), new PassThrough()]
  input.end()
  const printed = Promise.all([text(output), text(messages)])
  const code = await netx(args, { input, output, messages })
  output.end()
  messages.end()
  const [stdout, stderr] = await printed
  return { code, stdout, stderr }
}

/** The objects that `--json` prints, one on each line. */
export function objectsOf(printed: string): unknown[] {
  return printed
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
}
