import type { Conn } from '../conn.ts'
import { equal, fail, ok } from './assert.ts'

/** Random numbers from a seed, so that a failure can be had again (xorshift32). */
export function random(seed: number): (below: number) => number {
  let x = seed | 0 || 1
  return (below) => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) % below
  }
}

/** `length` bytes that differ by place and seed. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const p = new Uint8Array(length)
  const next = random(seed)
  for (let i = 0; i < length; i++) p[i] = next(256)
  return p
}

/** Writes `p` in pieces of at most `size` bytes, or of what `size` gives. */
export async function writeChunks(c: Conn, p: Uint8Array, size: number | (() => number)): Promise<void> {
  for (let i = 0; i < p.byteLength;) {
    const piece = p.subarray(i, i + (typeof size === 'number' ? size : size()))
    equal(await c.write(piece), piece.byteLength, 'write() gives the length of its buffer')
    i += piece.byteLength
  }
}

/** Reads until the end of the stream. */
export async function readToEnd(
  c: Conn,
  size: number | (() => number) = 65536,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  for (;;) {
    const p = new Uint8Array(typeof size === 'number' ? size : size())
    const n = await c.read(p)
    if (n === null) return concat(chunks)
    ok(n > 0 && n <= p.byteLength, `read() into ${p.byteLength} bytes gave ${n}`)
    chunks.push(p.subarray(0, n))
  }
}

/** Reads exactly `length` bytes. */
export async function readFull(c: Conn, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const p = new Uint8Array(length)
  for (let i = 0; i < length;) {
    const n = await c.read(p.subarray(i))
    if (n === null) fail(`read() gave the end of the stream after ${i} of ${length} bytes`)
    ok(n > 0, 'read() gave 0 bytes for a buffer that is not empty')
    i += n
  }
  return p
}

/** Joins pieces. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, c) => sum + c.byteLength, 0))
  let i = 0
  for (const c of chunks) {
    all.set(c, i)
    i += c.byteLength
  }
  return all
}

/** Sends a message over and back; proves that a connection is usable and in step. */
export async function roundTrip(c1: Conn, c2: Conn, seed = 7): Promise<void> {
  const want = pattern(256, seed)
  for (const [from, to] of [
    [c1, c2],
    [c2, c1],
  ] as const) {
    const [n, got] = await Promise.all([from.write(want), readFull(to, want.byteLength)])
    equal(n, want.byteLength, 'round trip: write()')
    for (let i = 0; i < want.byteLength; i++) equal(got[i], want[i], `round trip: byte ${i}`)
  }
}

/** A byte that {@link endlessWrites} never sends. */
const MARKER = 0xff

/** Writes zeros until a write fails, and gives the error. */
export async function endlessWrites(c: Conn, signal?: AbortSignal): Promise<unknown> {
  const zeros = new Uint8Array(1024)
  try {
    for (;;) await c.write(zeros, { signal })
  } catch (e) {
    return e
  }
}

/** Reads until a read fails or the stream ends, and gives the error or null. */
export async function endlessReads(c: Conn): Promise<unknown> {
  const p = new Uint8Array(1024)
  try {
    while ((await c.read(p)) !== null);
    return null
  } catch (e) {
    return e
  }
}

/** Brings a stream back into step after interrupted writes of c1: sends the marker and reads up to it at c2. */
export async function resync(c1: Conn, c2: Conn): Promise<void> {
  c1.setDeadline(null)
  c2.setDeadline(null)
  const find = async (): Promise<void> => {
    const p = new Uint8Array(1024)
    for (;;) {
      const n = await c2.read(p)
      if (n === null) fail('the stream ended while it was brought back into step')
      if (p[n - 1] === MARKER) return
    }
  }
  await Promise.all([c1.write(new Uint8Array([MARKER])), find()])
}

/** Gives a buffer to another holder, as postMessage() does: this one is empty afterwards. */
export function giveAway(p: Uint8Array<ArrayBuffer>): void {
  structuredClone(p.buffer, { transfer: [p.buffer] })
}
