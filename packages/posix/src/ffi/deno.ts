import { abi } from '../abi/system.ts'
import { bound, type CType, type NativeFunction } from './declaration.ts'
import type { FFI } from './ffi.ts'
import { watchByThread } from './waker.ts'

/** What is used of Deno's own interface. */
interface DenoFFI {
  dlopen(
    library: string,
    symbols: Record<string, { parameters: string[]; result: string; nonblocking?: boolean }>,
  ): { symbols: Record<string, NativeFunction> }
  readonly UnsafePointer: { of(buffer: ArrayBufferLike): unknown; value(pointer: unknown): bigint }
  readonly UnsafePointerView: { getArrayBuffer(pointer: unknown, byteLength: number): ArrayBuffer }
  readonly permissions: { querySync(what: { name: 'ffi' | 'net' }): { state: string } }
}

/** The words of Deno for the types of C. */
const words: Readonly<Record<CType, string>> = {
  int: 'i32',
  uint32_t: 'u32',
  'unsigned long': 'usize',
  size_t: 'usize',
  intptr_t: 'i32',
  uintptr_t: 'usize',
  pointer: 'buffer',
}

/**
 * Makes an FFI of Deno's own. Throws without the permissions --allow-ffi and --allow-net: it asks nobody for them, as
 * a question would come from a look whether there are kernel sockets.
 */
export function loadDeno(): FFI {
  const { Deno: deno } = globalThis as unknown as { Deno: DenoFFI }
  for (const name of ['ffi', 'net'] as const) {
    if (deno.permissions.querySync({ name }).state === 'granted') continue
    throw new Error(`Deno's permissions forbid it: --allow-${name} permits it`)
  }
  const bind = (name: string, parameters: string[], result: string, nonblocking = false): NativeFunction => {
    const f = deno.dlopen(abi.libc, { [name]: { parameters, result, nonblocking } }).symbols[name]
    if (f === undefined) throw new Error(`Deno did not bind ${name}`)
    return f
  }
  const location: unknown = bind(abi.errnoLocation, [], 'pointer')()
  const errno = new Int32Array(deno.UnsafePointerView.getArrayBuffer(location, 4))
  return {
    bindsTogether: false,
    func: (text) => bound(text, words, bind),
    closeAsync: (fd, done) => {
      const closing: unknown = bind('close', ['i32'], 'i32', true)(fd)
      void Promise.resolve(closing).then(done)
    },
    errno,
    watch: (fd, f) => watchByThread(POLL, fd, f),
    address: ({ buffer, byteOffset }) =>
      deno.UnsafePointer.value(deno.UnsafePointer.of(buffer)) + BigInt(byteOffset),
  }
}

const POLL = `Deno.dlopen('${abi.libc}', { poll: { parameters: ['buffer', 'usize', 'i32'], result: 'i32' } }).symbols.poll`
