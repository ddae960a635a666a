import type { Addr } from '@net/addr'
import {
  isBytes,
  isError,
  type Conn,
  type FileSource,
  type PacketConn,
  type SendFileOptions,
} from '@net/contract'
import { ConnStreams, copyingSendfileGroup, untilClosed, type StreamEnds } from '../index.ts'
import type { Way } from './frames.ts'

/** What is told of a connection that is tapped. Each gives what to wait for, null where there is nothing. */
export interface Tapped {
  /** It stands. */
  begin(): Promise<void> | null
  /** Bytes came from, or went to, the peer or whom `addr` says. */
  data(way: Way, bytes: Uint8Array, addr?: Addr): Promise<void> | null
  /** One way has ended. */
  end(way: Way): Promise<void> | null
  /** It broke. */
  reset(): Promise<void> | null
}

/** A message of a batch, as far as it is seen here. */
interface Message {
  readonly buffer: Uint8Array
  readonly n: number
  readonly addr: Addr | null
}

type Args = readonly unknown[]
type Method = (...args: unknown[]) => Promise<unknown>
/** How a method is followed: `call` does what it does. */
type Follow = (call: Method, args: unknown[], tapped: Tapped) => Promise<unknown>

/** A connection whose methods that bring or take bytes, or end it, are followed; the others are its own. */
export class Tap implements ProxyHandler<Conn | PacketConn> {
  readonly #tapped: Tapped
  #streams: ConnStreams | null = null

  /** Makes the tap of what `tapped` is told of. */
  constructor(tapped: Tapped) {
    this.#tapped = tapped
  }

  get(conn: Conn | PacketConn, name: string | symbol, proxy: object): unknown {
    const value: unknown = Reflect.get(conn, name, conn)
    if (name === 'sendFile' && typeof value === 'function')
      return (source: FileSource, options?: SendFileOptions) =>
        copyingSendfileGroup.sendFile(proxy as Conn, source, options)
    if ((name === 'readable' || name === 'writable') && value !== undefined)
      return (this.#streams ??= new ConnStreams(proxy as StreamEnds))[name]
    if (name === Symbol.asyncIterator && typeof value === 'function')
      return () => untilClosed(() => (proxy as PacketConn).receive())
    if (name === Symbol.dispose) return () => void (proxy as Conn).close().catch(() => {}) // as the connection's
    if (name === Symbol.asyncDispose) return () => (proxy as Conn).close()
    if (typeof value !== 'function') return value
    const follow = methods.get(name)
    const call = value.bind(conn) as Method
    return follow === undefined ? call : (...args: unknown[]) => this.#follow(follow, call, args)
  }

  // What knows its own connections by their class would go around the tap.
  getPrototypeOf(): object {
    return Object.prototype
  }

  async #follow(follow: Follow, call: Method, args: unknown[]): Promise<unknown> {
    try {
      return await follow(call, args, this.#tapped)
    } catch (e) {
      if (isError(e) && 'code' in e && e.code === 'ECONNRESET') await this.#tapped.reset()
      throw e
    }
  }
}

const methods = new Map<string | symbol, Follow>([
  ['read', readInto],
  ['write', written],
  ['writev', written],
  ['readFrom', readFrom],
  ['readFromUDP', readFrom],
  ['readFromIP', readFrom],
  ['readFromUnix', readFrom],
  ['receive', received],
  ['readMsgUDP', readMessage],
  ['readMsgIP', readMessage],
  ['readMsgUnix', readMessage],
  ['readBatch', readBatch],
  ['writeTo', (call, args, tapped) => written(call, args, tapped, args[1])],
  ['writeToUDP', (call, args, tapped) => written(call, args, tapped, args[1])],
  ['writeToIP', (call, args, tapped) => written(call, args, tapped, args[1])],
  ['writeToUnix', (call, args, tapped) => written(call, args, tapped, args[1])],
  ['send', (call, args, tapped) => written(call, args, tapped, args[1])],
  ['writeMsgUDP', (call, args, tapped) => written(call, args, tapped, args[2])],
  ['writeMsgIP', (call, args, tapped) => written(call, args, tapped, args[2])],
  ['writeMsgUnix', (call, args, tapped) => written(call, args, tapped, args[2])],
  ['writeBatch', writeBatch],
  ['closeWrite', ended],
  ['close', ended],
])

async function readInto(call: Method, args: Args, tapped: Tapped): Promise<unknown> {
  const n = (await call(...args)) as number | null
  if (n === null) await tapped.end('in')
  else await tapped.data('in', (args[0] as Uint8Array).subarray(0, n))
  return n
}

// What is written is seen when it is handed over: before the answer to it comes.
async function written(call: Method, args: Args, tapped: Tapped, addr?: unknown): Promise<unknown> {
  const [first] = args
  let busy: Promise<void> | null = null
  for (const piece of Array.isArray(first) ? first : [first]) {
    if (isBytes(piece)) busy = tapped.data('out', piece, (addr ?? undefined) as Addr | undefined)
  }
  if (busy !== null) await busy
  return await call(...args)
}

async function readFrom(call: Method, args: Args, tapped: Tapped): Promise<unknown> {
  const got = (await call(...args)) as [n: number, addr: Addr]
  await tapped.data('in', (args[0] as Uint8Array).subarray(0, got[0]), got[1])
  return got
}

async function received(call: Method, args: Args, tapped: Tapped): Promise<unknown> {
  const got = (await call(...args)) as [Uint8Array, Addr]
  await tapped.data('in', ...got)
  return got
}

async function readMessage(call: Method, args: Args, tapped: Tapped): Promise<unknown> {
  const got = (await call(...args)) as { readonly n: number; readonly addr: Addr }
  await tapped.data('in', (args[0] as Uint8Array).subarray(0, got.n), got.addr)
  return got
}

async function readBatch(call: Method, args: Args, tapped: Tapped): Promise<unknown> {
  const count = (await call(...args)) as number
  for (const { buffer, n, addr } of (args[0] as Message[]).slice(0, count)) {
    await tapped.data('in', buffer.subarray(0, n), addr ?? undefined)
  }
  return count
}

async function writeBatch(call: Method, args: Args, tapped: Tapped): Promise<unknown> {
  let busy: Promise<void> | null = null
  for (const { buffer, addr } of args[0] as Message[]) busy = tapped.data('out', buffer, addr ?? undefined)
  if (busy !== null) await busy
  return await call(...args)
}

async function ended(call: Method, args: Args, tapped: Tapped): Promise<unknown> {
  const busy = tapped.end('out')
  if (busy !== null) await busy
  return await call(...args)
}
