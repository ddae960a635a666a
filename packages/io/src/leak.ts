/** Something that was opened and has not been closed. */
export interface Leak {
  /** What it is and between which addresses, as errors have it: 'tcp 127.0.0.1:1->127.0.0.1:2'. */
  readonly what: string
  /** The stack of who opened it, the innermost call first; '' where the host has none. */
  readonly stack: string
}

/** What is kept of something that is open. */
interface Opened {
  readonly what: () => string
  stack: string
}

/** The part of the host that is asked for here. */
interface Host {
  readonly process?: {
    readonly env?: Record<string, string | undefined>
    readonly stderr?: { write(text: string): unknown }
    on?(event: 'exit', listener: () => void): unknown
  }
  readonly Deno?: {
    readonly permissions: { querySync(asked: { name: 'env'; variable: string }): { readonly state: string } }
  }
}

/** V8's; other engines may not have it. */
const traces = Error as { captureStackTrace?: (e: Error, below: object) => void; stackTraceLimit?: number }
const DEPTH = 50 // calls of a stack that are kept, ours among them

let opened: Map<object, Opened> | null = null

/**
 * Begins to keep what is open and the stack that opened it, for {@link leaks}: connections, listeners and
 * sockets of every target, pipes, TLS. What is open already is not known. From now on each of them costs a
 * stack, and none that is not closed is collected. The environment variable NET_LEAKS=1 does the same when the
 * program begins, and prints at its exit, on standard error, what is still open. Gives {@link leaks}. Never throws;
 * a second call changes nothing.
 *
 * @example
 * ```ts
 * import { keepLeaks, leaks } from '@net/io'
 * import { listen } from '@net/core'
 *
 * keepLeaks()
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const [leak] = leaks()
 * console.log(leak?.what === `tcp ${listener.addr}`) // true
 * await listener.close()
 * console.log(leaks().length) // 0
 * ```
 */
export function keepLeaks(): () => Leak[] {
  opened ??= new Map()
  return leaks
}

/**
 * Whether {@link keepLeaks} was called, or the environment has asked for it.
 *
 * @example
 * ```ts
 * import { keepLeaks, keepsLeaks } from '@net/io'
 *
 * keepLeaks()
 * console.log(keepsLeaks()) // true
 * ```
 */
export function keepsLeaks(): boolean {
  return opened !== null
}

/**
 * What is open now, the oldest first, of what was opened since {@link keepLeaks}; nothing without that.
 *
 * @example
 * ```ts
 * import { keepLeaks, leaks } from '@net/io'
 *
 * keepLeaks()
 * console.log(leaks().length) // 0
 * ```
 */
export function leaks(): Leak[] {
  return [...(opened?.values() ?? [])].map(({ what, stack }) => ({ what: what(), stack }))
}

/**
 * For targets: tells that something is open, which `owner` stands for until {@link noteClosed}. `what` says
 * what it is, when somebody asks. A second time it does nothing.
 *
 * @example
 * ```ts
 * import { keepLeaks, leaks, noteClosed, noteOpened } from '@net/io'
 *
 * keepLeaks()
 * const listener = { port: 80 }
 * noteOpened(listener, ({ port }) => `mine ${port}`)
 * console.log(leaks()[0]?.what) // mine 80
 * noteClosed(listener)
 * ```
 */
export function noteOpened<T extends object>(owner: T, what: (owner: T) => string): void {
  if (opened === null || opened.has(owner)) return
  opened.set(owner, { what: () => what(owner), stack: stackBelow(noteOpened) })
}

/**
 * For targets: tells who has opened something that is open, where its own stack does not show that.
 *
 * @example
 * ```ts
 * import { keepLeaks, leaks, noteClosed, noteOpened, noteOpener } from '@net/io'
 *
 * keepLeaks()
 * const socket = {}
 * noteOpened(socket, () => 'mine')
 * noteOpener(socket, 'at the caller')
 * console.log(leaks()[0]?.stack) // at the caller
 * noteClosed(socket)
 * ```
 */
export function noteOpener(owner: object, stack: string): void {
  const kept = opened?.get(owner)
  if (kept !== undefined) kept.stack = stack
}

/**
 * For targets: tells that something is closed.
 *
 * @example
 * ```ts
 * import { keepLeaks, leaks, noteClosed, noteOpened } from '@net/io'
 *
 * keepLeaks()
 * const socket = {}
 * noteOpened(socket, () => 'mine')
 * noteClosed(socket)
 * console.log(leaks().length) // 0
 * ```
 */
export function noteClosed(owner: object): void {
  opened?.delete(owner)
}

/**
 * For targets: the calls that lead to one of the function `callee`, which is left out, a line each.
 *
 * @example
 * ```ts
 * import { stackBelow } from '@net/io'
 *
 * function opens(): string {
 *   return stackBelow(opens)
 * }
 * console.log(opens().includes('opens')) // false
 * ```
 */
export function stackBelow(callee: object): string {
  const { stackTraceLimit } = traces
  traces.stackTraceLimit = DEPTH
  const error = new Error()
  traces.captureStackTrace?.(error, callee)
  if (stackTraceLimit !== undefined) traces.stackTraceLimit = stackTraceLimit
  return (error.stack ?? '').replace(/^Error:? *\n/, '')
}

/** Whether the environment asks for leaks. Deno would ask its user whether the variable may be read. */
function isAsked({ process, Deno }: Host): boolean {
  const variable = 'NET_LEAKS'
  if (Deno !== undefined && Deno.permissions.querySync({ name: 'env', variable }).state !== 'granted')
    return false
  return process?.env?.[variable] === '1'
}

const host = globalThis as Host
if (isAsked(host)) {
  keepLeaks()
  host.process?.on?.('exit', () => {
    for (const { what, stack } of leaks()) host.process?.stderr?.write(`net: left open: ${what}\n${stack}\n`)
  })
}
