import { networkRefusal } from '@net/io'
import { ErrWindows } from '@net/stubs'
import { platform } from '../abi/platform.ts'
import type { WindowsLibrary } from '../ffi/ffi.ts'
import { loadLibrary } from '../ffi/koffi.ts'

/**
 * A library of Windows that is loaded when it is first asked for: gives a function that gives what `bind` makes of the library.
 * It throws {@link ErrWindows} where that cannot be: on another system, on a 32-bit processor, or where koffi does not load.
 */
export function windowsLibrary<T>(name: string, bind: (library: WindowsLibrary) => T): () => T {
  let bound: T | null = null
  let refused = false
  return () => {
    if (refused) throw ErrWindows
    try {
      return (bound ??= bind(load(name)))
    } catch {
      // Without the foreign function interface there is nothing but what the host has.
      refused = true
      throw ErrWindows
    }
  }
}

function load(name: string): WindowsLibrary {
  // The layouts that are known here are those of 64-bit processors.
  if (platform !== 'win32' || process.arch === 'ia32') throw ErrWindows
  const forbidden = networkRefusal()
  if (forbidden !== null) throw forbidden
  return loadLibrary(name)
}
