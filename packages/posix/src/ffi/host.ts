import { abi } from '../abi/system.ts'
import { loadBun } from './bun.ts'
import { loadDeno } from './deno.ts'
import type { FFI } from './ffi.ts'
import { loadKoffi } from './koffi.ts'
import { loadNode, nodeFFIAllowed } from './node.ts'

/**
 * The JavaScript host that is not Node, 'Bun' or 'Deno', else null. Both load koffi, but their event loops do not watch a
 * descriptor for it: Bun ends the process when libuv's uv_poll is called (https://github.com/oven-sh/bun/issues/18546), and
 * Deno's starts a thread for each time that it tells (https://github.com/denoland/deno/issues/36317).
 */
export function foreignHost(): 'Bun' | 'Deno' | null {
  if (process.versions.bun !== undefined) return 'Bun'
  return process.versions.deno === undefined ? null : 'Deno'
}

/** Loads the host's foreign function interface: its own, and koffi on Node, before node:ffi. Throws where there is none. */
export function loadFFI(): FFI {
  const host = foreignHost()
  if (host === 'Bun') return loadBun()
  if (host === 'Deno') return loadDeno()
  try {
    return loadKoffi(abi.errnoLocation)
  } catch (e) {
    if (process.getBuiltinModule('node:ffi') === undefined) throw e
    return loadNode()
  }
}

/** The same for whoever has not asked for it by name: node:ffi, which is experimental and warns, only where it was permitted. */
export function loadDefaultFFI(): FFI {
  return nodeFFIAllowed() ? loadFFI() : loadKoffi(abi.errnoLocation)
}
