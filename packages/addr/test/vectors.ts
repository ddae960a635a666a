import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { AddrError, IP, ParseError, UnknownNetworkError } from '../src/index.ts'

/** One case of a vector file: what went into Go, and what came out. */
export interface Case<In, Out> {
  tag: string
  in: In
  out: Out
  err: string | null
  errType?: string
}

/** Reads a whole vector file. */
export function vectors<In, Out>(topic: string): { env: Record<string, string>; cases: Case<In, Out>[] } {
  const url = new URL(`../../../test-data/vectors/${topic}.json`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')) as { env: Record<string, string>; cases: Case<In, Out>[] }
}

/** What a case says when our types have no place for its value; it has shown that already. */
export const refused = Symbol('refused')

/**
 * Runs every case of a topic through `run`, which asserts what it must and returns `refused` for a value that is
 * impossible here. The answer counts both kinds, so that a test shows that nothing was left out.
 */
export function runVectors<In, Out>(
  topic: string,
  run: (c: Case<In, Out>) => typeof refused | undefined,
): { ran: number; refused: Record<string, number> } {
  const count = { ran: 0, refused: {} as Record<string, number> }
  const { cases } = vectors<In, Out>(topic)
  for (const c of cases) {
    if (run(c) === refused) count.refused[c.tag] = (count.refused[c.tag] ?? 0) + 1
    else count.ran++
  }
  const all = Object.values(count.refused).reduce((sum, n) => sum + n, count.ran)
  expect(all).toBe(cases.length)
  return count
}

const errorClasses = new Map<string, new (...args: never[]) => Error>([
  ['*net.AddrError', AddrError],
  ['*net.ParseError', ParseError],
  ['net.UnknownNetworkError', UnknownNetworkError],
])

/** Asserts that `f` throws the error that Go gave: its kind and its exact text. */
export function expectError(c: Case<unknown, unknown>, f: () => unknown): void {
  const errorClass = errorClasses.get(c.errType ?? '')
  if (errorClass === undefined) throw new Error(`no class for ${String(c.errType)}`)
  let thrown: unknown = null
  try {
    f()
  } catch (e) {
    thrown = e
  }
  expect(thrown, JSON.stringify(c.in)).toBeInstanceOf(errorClass)
  expect((thrown as Error).message).toBe(c.err)
}

/** Asserts that these bytes are refused as an IP, with the error that Go's MarshalText has for them. */
export function expectRefusedIP(hex: string | null): typeof refused {
  let thrown: unknown = null
  try {
    IP.from(fromHex(hex))
  } catch (e) {
    thrown = e
  }
  expect(thrown, String(hex)).toBeInstanceOf(AddrError)
  const where = hex === null || hex === '' ? '' : `address ${hex}: `
  expect((thrown as AddrError).message).toBe(`${where}invalid IP address`)
  return refused
}

/** Whether these bytes, as hex, can be an IP here. */
export function isIPLength(hex: string | null): hex is string {
  return hex !== null && (hex.length === 8 || hex.length === 32)
}

/** The bytes that hex writes; none for null. */
export function fromHex(hex: string | null): Uint8Array {
  return Uint8Array.from(Buffer.from(hex ?? '', 'hex'))
}

/** The bytes in hex; null stays null. */
export function toHex(x: { bytes(): Uint8Array } | null): string | null {
  return x === null ? null : Buffer.from(x.bytes()).toString('hex')
}
