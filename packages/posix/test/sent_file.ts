import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { OpError } from '@net/contract'
import { pattern } from './connected.ts'

/** The bytes of the file: more than one turn of sendFile, and not a multiple of anything. */
export const SIZE = 3_000_001

/** What is in the file. */
export const data = pattern(SIZE)

/** A directory with a file to send, which goes with it. */
export class Folder implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'net-sendfile-'))
  readonly path = join(this.dir, 'data')

  /** Makes both. */
  constructor() {
    writeFileSync(this.path, data)
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true })
  }
}

/** Asserts that bytes are equal, without printing millions of them. */
export function equal(got: Uint8Array, want: Uint8Array): void {
  expect(got.byteLength).toBe(want.byteLength)
  expect(Buffer.compare(got, want)).toBe(0)
}

/** The OpError that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<OpError> {
  const e: unknown = await promise.then(
    () => null,
    (e: unknown) => e,
  )
  expect(e).toBeInstanceOf(OpError)
  return e as OpError
}
