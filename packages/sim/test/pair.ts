import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
import type { TCPConn, TCPListener } from '@net/contract'
import {
  SimNetwork,
  type Host,
  type HostOptions,
  type Link,
  type SimOptions,
  type Weather,
} from '../src/index.ts'

/** The TCP address of a text and a port. */
export function tcp(text: string, port: number): TCPAddr {
  return new TCPAddr(parseIP(text), port)
}

/** The UDP address of a text and a port. */
export function udp(text: string, port: number): UDPAddr {
  return new UDPAddr(parseIP(text), port)
}

/** Two hosts and the link between them. */
export interface Pair {
  readonly sim: SimNetwork
  readonly a: Host
  readonly b: Host
  readonly link: Link
}

/** Makes hosts a, 10.0.0.1, and b, 10.0.0.2, with a link. */
export function pairOf(weather: Weather = {}, options: SimOptions = {}, host: HostOptions = {}): Pair {
  const sim = new SimNetwork({ seed: 1, ...options })
  const a = sim.host('a', { addrs: ['10.0.0.1/24', 'fd00::1/64'], ...host })
  const b = sim.host('b', { addrs: ['10.0.0.2/24', 'fd00::2/64'], ...host })
  return { sim, a, b, link: sim.link(a, b, weather) }
}

/** Connects a with a listener on port 80 of b. */
export async function connect({ a, b }: Pick<Pair, 'a' | 'b'>): Promise<[TCPConn, TCPConn, TCPListener]> {
  const listener = await b.target.listenTCP('tcp', tcp('10.0.0.2', 80))
  const [client, server] = await Promise.all([
    a.target.dialTCP('tcp', null, listener.addr),
    listener.accept(),
  ])
  return [client, server, listener]
}

/** Lets virtual time pass, in milliseconds. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await promise
  } catch (e) {
    if (e instanceof Error) return e
    throw e
  }
  throw new Error('it did not reject')
}

/** Reads until so many bytes are there. */
export async function readFull(c: TCPConn, length: number): Promise<Uint8Array> {
  const p = new Uint8Array(length)
  for (let at = 0; at < length;) {
    const n = await c.read(p.subarray(at))
    if (n === null) throw new Error(`the stream ended after ${at} bytes`)
    at += n
  }
  return p
}
