import { abi } from '../abi/system.ts'
import { bound, type CType, type NativeFunction } from './declaration.ts'
import type { FFI } from './ffi.ts'
import { watchByThread } from './waker.ts'

/** What is used of bun:ffi. */
interface BunFFI {
  dlopen(
    library: string,
    symbols: Record<string, { args: string[]; returns: string }>,
  ): { symbols: Record<string, NativeFunction> }
  ptr(buffer: ArrayBufferLike): number
  toArrayBuffer(pointer: number, byteOffset: number, byteLength: number): ArrayBuffer
}

/** The words of Bun for the types of C. */
const words: Readonly<Record<CType, string>> = {
  int: 'i32',
  uint32_t: 'u32',
  'unsigned long': 'u64',
  size_t: 'u64',
  intptr_t: 'i32',
  uintptr_t: 'u64',
  pointer: 'ptr',
}

/** Makes an FFI of Bun's own. */
export function loadBun(): FFI {
  const bun = process.getBuiltinModule('bun:ffi') as unknown as BunFFI
  const bind = (name: string, args: string[], returns: string): NativeFunction => {
    const f = bun.dlopen(abi.libc, { [name]: { args, returns } }).symbols[name]
    if (f === undefined) throw new Error(`Bun did not bind ${name}`)
    return f
  }
  const errno = new Int32Array(bun.toArrayBuffer(Number(bind(abi.errnoLocation, [], 'ptr')()), 0, 4))
  return {
    bindsTogether: false,
    func: (text) => bound(text, words, bind),
    closeAsync: (fd, done) => {
      process.getBuiltinModule('node:fs').close(fd, done)
    },
    errno,
    watch: (fd, f) => watchByThread(POLL, fd, f),
    // Bun gives no address of a buffer that is empty.
    address: ({ buffer, byteOffset }) =>
      buffer.byteLength === 0 ? 0n : BigInt(bun.ptr(buffer) + byteOffset),
  }
}

const POLL = `require('bun:ffi').dlopen('${abi.libc}', { poll: { args: ['ptr', 'u64', 'i32'], returns: 'i32' } }).symbols.poll`
