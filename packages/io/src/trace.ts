import type { Addr } from '@net/addr'
import { keepsLeaks } from './leak.ts'
import { openedBy } from './opener.ts'

/** What can be traced: each has a channel of its own. */
export type TracedKind = 'dial' | 'listen' | 'resolve' | 'accept' | 'read' | 'write' | 'close'

/** What subscribers of a channel get: one object for all events of an operation, which fills as it goes on. */
export interface TraceMessage {
  /** The operation as errors call it: 'dial', 'accept', 'read', 'writev', ... */
  readonly op: string
  /** The network: 'tcp', 'udp6', 'unix', ...; '' when it is not known. */
  readonly net: string
  /** The local address, or null. */
  readonly source: Addr | null
  /** The remote address, or for listeners the local one, or null; of a dial, a listen and a lookup the text that was given. */
  readonly addr: Addr | string | null
  /** Whether it had to wait: set before the operation ends, absent where that is not known. */
  waited?: boolean
  /** What it came to, as the caller gets it: bytes, a connection, addresses, ...; absent before it has ended, and when it failed. */
  result?: unknown
  /** Why it failed; absent otherwise. */
  error?: unknown
}

/** A channel of the module diagnostics_channel. */
interface Channel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
  /** Publishes, and does work in the context that is bound to the channel. Not every host has it. */
  runStores?<T>(message: unknown, work: () => T): T
}

interface Builtins {
  getBuiltinModule?(name: 'node:diagnostics_channel'): { channel(name: string): Channel } | undefined
  getBuiltinModule?(
    name: 'node:util',
  ): { debuglog(section: string): ((text: string) => void) & { enabled?: boolean } } | undefined
}

// Asked for and not imported, as this package also runs where there are no such modules.
const builtins = (globalThis as { process?: Builtins }).process
const channels = builtins?.getBuiltinModule?.('node:diagnostics_channel')
const debug = builtins?.getBuiltinModule?.('node:util')?.debuglog('net')
const silent: Channel = { hasSubscribers: false, publish: () => {} }

/** Whether operations are written to standard error: NODE_DEBUG names 'net'. */
export const isLogging: boolean = debug?.enabled ?? false

/**
 * Writes a line to standard error if {@link isLogging}. The line is written when the calls that are under way have returned, as
 * writing it would change the error number of the thread.
 *
 * @example
 * ```ts
 * import { isLogging, log } from '@net/io'
 *
 * if (isLogging) log('mine: nothing to read')
 * ```
 */
export function log(line: string): void {
  if (isLogging) queueMicrotask(() => debug?.(line))
}

/** The five events of a kind of operation, in the shape of a TracingChannel of Node. */
class Tracer {
  readonly #start: Channel
  readonly #end: Channel
  readonly #asyncStart: Channel
  readonly #asyncEnd: Channel
  readonly #error: Channel

  constructor(kind: TracedKind) {
    const channel = (event: string): Channel => channels?.channel(`tracing:@net.${kind}:${event}`) ?? silent
    this.#start = channel('start')
    this.#end = channel('end')
    this.#asyncStart = channel('asyncStart')
    this.#asyncEnd = channel('asyncEnd')
    this.#error = channel('error')
  }

  /** Whether anybody wants to know. */
  get isOn(): boolean {
    return (
      isLogging ||
      this.#start.hasSubscribers ||
      this.#end.hasSubscribers ||
      this.#asyncStart.hasSubscribers ||
      this.#asyncEnd.hasSubscribers ||
      this.#error.hasSubscribers
    )
  }

  /** Does work and tells of it. What a subscriber throws is the host's to report. */
  async trace<T>(message: TraceMessage, work: () => Promise<T>): Promise<T> {
    const what = isLogging ? described(message) : ''
    log(what)
    try {
      const promise = this.#begin(message, work)
      this.#end.publish(message)
      message.result = await promise
      log(`${what}: ${shown(message.result)}`)
    } catch (e) {
      message.error = e
      log(`${what}: failed: ${String(e)}`)
      this.#error.publish(message)
      throw e
    } finally {
      this.#asyncStart.publish(message)
      this.#asyncEnd.publish(message)
    }
    return message.result as T
  }

  #begin<T>(message: TraceMessage, work: () => Promise<T>): Promise<T> {
    if (this.#start.runStores !== undefined) return this.#start.runStores(message, work)
    this.#start.publish(message)
    return work()
  }
}

const tracers: Readonly<Record<TracedKind, Tracer>> = {
  dial: new Tracer('dial'),
  listen: new Tracer('listen'),
  resolve: new Tracer('resolve'),
  accept: new Tracer('accept'),
  read: new Tracer('read'),
  write: new Tracer('write'),
  close: new Tracer('close'),
}

const { accept, read, write } = tracers

/** Whether anybody wants to know of what goes through lanes: reads, writes and accepts. */
export function isLaneTraced(): boolean {
  return isLogging || read.isOn || write.isOn || accept.isOn
}

/**
 * Whether anybody wants to know of a kind of operation.
 *
 * @example
 * ```ts
 * import { isTraced } from '@net/io'
 *
 * console.log(isTraced('read')) // false
 * ```
 */
export function isTraced(kind: TracedKind): boolean {
  return tracers[kind].isOn
}

/**
 * Does work, and tells the channels of its kind when it begins and how it ends. `message` makes what they get, and is called only
 * if anybody wants to know. Gives or throws what the work comes to.
 *
 * @example
 * ```ts
 * import { traced } from '@net/io'
 *
 * const message = () => ({ op: 'dial', net: 'mine', source: null, addr: 'there' })
 * console.log(await traced('dial', message, async () => 'connected')) // connected
 * ```
 */
export function traced<T>(kind: TracedKind, message: () => TraceMessage, work: () => Promise<T>): Promise<T> {
  const tracer = tracers[kind]
  if (keepsLeaks() && (kind === 'dial' || kind === 'listen'))
    return openedBy(traced, () => told(tracer, message, work))
  return told(tracer, message, work)
}

function told<T>(tracer: Tracer, message: () => TraceMessage, work: () => Promise<T>): Promise<T> {
  return tracer.isOn ? tracer.trace(message(), work) : work()
}

/** 'read tcp 127.0.0.1:1->127.0.0.1:2', as errors begin. */
export function described({ op, net, source, addr }: TraceMessage): string {
  const ends = source === null ? [addr] : [source, addr]
  const text = ends
    .map((end) => (end === null ? '' : end.toString()))
    .filter((end) => end !== '')
    .join('->')
  return [op, net, text].filter((part) => part !== '').join(' ')
}

/** A result in a line of the log: numbers, texts and addresses as they are, of connections the class and the other end. */
function shown(result: unknown): string {
  if (result === undefined) return 'done'
  if (Array.isArray(result)) return `[${result.map(shown).join(', ')}]`
  if (result === null || typeof result !== 'object') return `${result as string | number | null}`
  if ('network' in result) return (result as Addr).toString()
  const { remoteAddr, addr = remoteAddr } = result as { readonly remoteAddr?: Addr; readonly addr?: Addr }
  const name = result.constructor.name
  return addr === undefined ? name : `${name} ${(remoteAddr ?? addr).toString()}`
}
