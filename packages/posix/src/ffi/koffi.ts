import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'
import type { AsyncCFunction, CFunction, FFI } from './ffi.ts'

/** Loads koffi and gives it as an FFI. Throws where koffi has no build for the host. */
export function loadKoffi(): FFI {
  // Loading takes milliseconds, so it happens on first use and not on import.
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
  const libc = koffi.load(null)
  return {
    func: (declaration) => libc.func(declaration) as unknown as CFunction,
    asyncFunc: (declaration) => libc.func(declaration).async as unknown as AsyncCFunction,
    errno: () => koffi.errno(),
    watch: (fd, f) => {
      const handle = koffi.node.poll(fd, { readable: true }, f)
      handle.unref()
      return handle
    },
    address: (buffer) => koffi.address(koffi.as(buffer, 'void *')),
  }
}
