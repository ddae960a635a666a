import { networkRefusal } from '@net/io'
import { platform } from '../abi/platform.ts'
import { system } from '../abi/system.ts'
import type { FFI } from '../ffi/ffi.ts'
import { foreignHost, loadDefaultFFI, loadFFI } from '../ffi/host.ts'

/** A function of the C library, which is bound when it is first called unless it was before. */
export interface Binding {
  /** Binds it if the system has it. */
  bind(to: FFI): void
}

/** All of them, for an FFI that wants to bind them together. */
export const bindings: Binding[] = []

let loaded: FFI | null = null
let failure: Error | null = null

/** The foreign function interface, loaded on first use. Throws the reason where there is none. */
export function ffi(): FFI {
  if (loaded !== null) return loaded
  if (failure !== null) throw failure
  try {
    return use(start(loadFFI))
  } catch (e) {
    failure = e as Error
    throw failure
  }
}

function use(found: FFI): FFI {
  loaded = found
  if (found.bindsTogether) for (const binding of bindings) binding.bind(found)
  return found
}

function start(load: () => FFI): FFI {
  if (system === undefined) throw new Error(`kernel sockets are not available on ${platform}: use hosted()`)
  const forbidden = networkRefusal()
  if (forbidden !== null) {
    throw new Error('kernel sockets are not available to this process', { cause: forbidden })
  }
  try {
    return load()
  } catch (cause) {
    const missing = (cause as { code?: unknown }).code === 'MODULE_NOT_FOUND'
    const reason = missing
      ? 'koffi is not installed where this program can load it (a bundle needs it beside itself)'
      : 'the foreign function interface did not load'
    throw new Error(`kernel sockets are not available, as ${reason}: use hosted()`, { cause })
  }
}

/**
 * Why the kernel's sockets cannot be reached in this process, as the error that `posix()` throws here; null when they can.
 * The first call loads the foreign function interface, where there is one.
 *
 * @example
 * ```ts
 * import { posixRefusal } from '@net/posix'
 *
 * const refusal = posixRefusal()
 * if (refusal !== null) console.log(refusal.message, refusal.cause)
 * ```
 */
export function posixRefusal(): Error | null {
  try {
    ffi()
  } catch (e) {
    return e as Error
  }
  return null
}

let reason: Error | null | undefined

/**
 * Why a program that names no target gets the host's sockets in this process, null when it gets the kernel's: they cannot be
 * reached, or only through node:ffi, which is experimental and has to be permitted (`--permission --allow-ffi`), or the host
 * is Bun or Deno, where an event of the kernel's sockets costs more than one of their own. In the last two cases `posix()` gives
 * the kernel's.
 *
 * @example
 * ```ts
 * import { hosted, hostedReason, posix } from '@net/posix'
 *
 * const target = hostedReason() === null ? posix() : hosted()
 * console.log(target.name) // posix
 * ```
 */
export function hostedReason(): Error | null {
  if (reason === undefined) reason = findHostedReason()
  return reason
}

function findHostedReason(): Error | null {
  const host = foreignHost()
  if (host !== null)
    return new Error(`the kernel's sockets are dear to wake on ${host}: posix() gives them by name`)
  try {
    const found = start(loadDefaultFFI)
    if (loaded === null) use(found)
    return null
  } catch (e) {
    return e as Error
  }
}

/** The foreign function interface, if it has been loaded or is what the default target needs; else null. */
export function defaultFFI(): FFI | null {
  if (loaded === null && hostedReason() !== null) return null
  return loaded
}
