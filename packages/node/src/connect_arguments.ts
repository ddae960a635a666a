import type { LookupFunction } from 'node:net'
import type { Destination } from './dialer.ts'

/** Options of `connect`: those of net.connect, and how to dial. */
export interface ConnectOptions<O = unknown> extends Destination {
  /** As with net.connect: false, as absent, ends the stream when the peer has ended. */
  readonly allowHalfOpen?: boolean | undefined
  /** Options of the dial. */
  readonly dial?: O | undefined
  /** Looks the host up in place of the dialer: dns.lookup, or what has its form. */
  readonly lookup?: LookupFunction | undefined
  /** Milliseconds without traffic, dialling included, until 'timeout'; the stream is not ended by it. */
  readonly timeout?: number | undefined
  /** Turns Nagle's algorithm off, or on with `false`. Absent leaves it to the dialer. */
  readonly noDelay?: boolean | undefined
  /** Turns keep-alive probes on, or off. Absent leaves it to the dialer. */
  readonly keepAlive?: boolean | undefined
  /** The idle time before the first probe, in milliseconds. */
  readonly keepAliveInitialDelay?: number | undefined
  /** Destroys the stream with an AbortError, whether it is dialled or stands. */
  readonly signal?: AbortSignal | undefined
}

/** Where to, as net.connect takes it: options, a port and perhaps a host, or the path of a Unix socket; and who hears of it. */
export type ConnectArguments<O = unknown> =
  | [listener?: (() => void) | undefined]
  | [options: ConnectOptions<O>, listener?: (() => void) | undefined]
  | [port: number, listener?: (() => void) | undefined]
  | [port: number, host: string, listener?: (() => void) | undefined]
  | [path: string, listener?: (() => void) | undefined]

/** The options that arguments of net.connect stand for, undefined for none, and who wants to hear of the connection. */
export function connectArguments<O>(
  args: ConnectArguments<O>,
): [options: ConnectOptions<O> | undefined, listener: (() => void) | undefined] {
  const [first, ...rest] = args
  const last = args.at(-1)
  const listener = typeof last === 'function' ? last : undefined
  if (typeof first === 'object') return [first, listener]
  if (typeof first === 'string' && !/^\d+$/.test(first)) return [{ path: first }, listener]
  if (typeof first !== 'number' && typeof first !== 'string') return [undefined, listener]
  const [host] = rest
  return [{ port: first, ...(typeof host === 'string' && { host }) }, listener]
}
