import { isError } from '../index.ts'
import { SuiteError } from './assert.ts'

/** A test runner: vitest's, node:test's or Deno's `test` in an object, or what {@link collect} gives. */
export interface Runner {
  /** Registers one part. */
  test(name: string, fn: () => Promise<void>): unknown
}

/** One part of the suite: a statement and how to check it. */
export interface Part {
  /** The statement. */
  readonly name: string
  /** Checks it: rejects when it does not hold. */
  readonly fn: () => Promise<void>
}

/** A runner that runs nothing and keeps the parts, for those who run them by hand. */
export interface Collection extends Runner {
  /** The parts so far, in order. */
  readonly parts: readonly Part[]
  /** Runs every part, one after the other, and gives those that failed. */
  run(): Promise<{ name: string; error: unknown }[]>
}

/** Makes a runner that collects. */
export function collect(): Collection {
  const parts: Part[] = []
  return {
    parts,
    test(name, fn) {
      parts.push({ name, fn })
    },
    async run() {
      const failed: { name: string; error: unknown }[] = []
      for (const { name, fn } of parts) {
        try {
          await fn()
        } catch (e) {
          failed.push({ name, error: e })
        }
      }
      return failed
    },
  }
}

/** What a maker gives: something to test and how to give it back. */
export interface Stoppable {
  /** Closes everything that was made. Called once at the end of a part, also when the part has failed. */
  stop(): Promise<void>
}

/** The time a part may take, in milliseconds, unless a maker's options say otherwise. */
const PART_LIMIT = 50_000

const STOP_LIMIT = 5_000 // milliseconds: what a stop may take after the part is over

/** The makers' common options. */
export interface PartOptions {
  /** Put before the name of every part: the network or the target. */
  readonly label?: string | undefined
  /** The time one part may take, in milliseconds. */
  readonly limit?: number | undefined
}

/** Registers a part: it gets something fresh, ends in time, and what was made is stopped in every case. */
export function part<P extends Stoppable>(
  t: Runner,
  options: PartOptions,
  statement: string,
  make: () => Promise<P>,
  body: (made: P) => Promise<void>,
): void {
  const name = options.label === undefined ? statement : `${options.label}: ${statement}`
  const limit = options.limit ?? PART_LIMIT
  t.test(name, async () => {
    const made = await within(make(), limit, `${name}: making the pair`)
    try {
      await within(body(made), limit, name)
    } catch (e) {
      // The part's failure is the one to tell, whatever stopping adds.
      await within(made.stop(), STOP_LIMIT, `${name}: stop`).catch(() => {})
      throw isError(e) && !e.message.startsWith(name) ? named(name, e) : e
    }
    await within(made.stop(), STOP_LIMIT, `${name}: stop`)
  })
}

function named(name: string, e: Error): Error {
  const error = new Error(`${name}: ${e.message}`, { cause: e })
  if (e.stack !== undefined) error.stack = e.stack
  return error
}

/** Waits for a promise, but not longer than `limit` milliseconds. Keeps the process alive meanwhile. */
async function within<T>(promise: Promise<T>, limit: number, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new SuiteError(`${what}: not done within ${limit / 1000} s`))
    }, limit)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Closes all of them at once. */
export async function closeAll(closers: readonly { close(): Promise<void> }[]): Promise<void> {
  await Promise.all(closers.map((c) => c.close()))
}

/** Resolves after `ms` milliseconds. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Resolves in a later turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}

/** Whether a promise has settled once the event loop has turned a few times. */
export async function settled(promise: Promise<unknown>, turns = 5): Promise<boolean> {
  let is = false
  const set = (): void => {
    is = true
  }
  promise.then(set, set)
  for (let i = 0; i < turns && !is; i++) await turn()
  return is
}
