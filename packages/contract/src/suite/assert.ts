import { isBytes, isError, isTypeError } from '../index.ts'
/** What a statement of the suite throws when it does not hold. */
export class SuiteError extends Error {
  override readonly name = 'SuiteError'
}

/** Fails the running part. */
export function fail(message: string): never {
  throw new SuiteError(message)
}

/** Asserts that a condition holds. */
export function ok(condition: boolean, message: string): asserts condition {
  if (!condition) fail(message)
}

/** Asserts that two values are the same, by `Object.is`. */
export function equal(got: unknown, want: unknown, what: string): void {
  if (!Object.is(got, want)) fail(`${what}: got ${show(got)}, want ${show(want)}`)
}

/** Asserts that two byte sequences are the same and tells where they first differ. */
export function equalBytes(got: Uint8Array, want: Uint8Array, what: string): void {
  const n = Math.min(got.byteLength, want.byteLength)
  for (let i = 0; i < n; i++) {
    if (got[i] !== want[i]) fail(`${what}: byte ${i} is ${show(got[i])}, want ${show(want[i])}`)
  }
  equal(got.byteLength, want.byteLength, `${what}: length`)
}

/**
 * Marks a promise that is awaited later: a part that fails before it comes to that leaves no unhandled rejection, which
 * would hide the failure.
 */
export function held<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** Asserts that a call throws or rejects, and gives what it threw. */
export function rejects(call: () => unknown, what: string): Promise<unknown> {
  return held(thrown(call, what))
}

async function thrown(call: () => unknown, what: string): Promise<unknown> {
  let value: unknown
  try {
    value = await call()
  } catch (e) {
    if (e instanceof SuiteError) throw e
    return e
  }
  return fail(`${what}: gave ${show(value)} and should have failed`)
}

/** Asserts that a call throws or rejects with a TypeError. */
export async function rejectsType(call: () => unknown, what: string): Promise<void> {
  const e = await rejects(call, what)
  ok(isTypeError(e), `${what}: failed with ${show(e)}, want a TypeError`)
}

/** Prints a value for a message. */
export function show(value: unknown): string {
  if (isError(value)) return `${value.constructor.name}: ${value.message}`
  if (typeof value === 'string') return JSON.stringify(value)
  if (isBytes(value)) return `Uint8Array(${value.byteLength})`
  return String(value)
}
