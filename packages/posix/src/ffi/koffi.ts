import { realpathSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import type * as Koffi from 'koffi'
import type { FFI, Watch } from './ffi.ts'
import { withMicrotasks } from './microtasks.ts'

declare const __filename: string | undefined

/**
 * A require that looks for koffi from this file. In a bundle that is CommonJS `import.meta` is empty or tells of the machine
 * that made the bundle, and the bundle's own name takes its place; in a single executable there is no file but the
 * executable. The function is asked of the process, as webpack puts `undefined` in the place of what an import of
 * `node:module` is called with.
 */
function requireFromHere(): NodeJS.Require {
  const { createRequire } = process.getBuiltinModule('node:module')
  if (typeof __filename === 'string') return createRequire(__filename)
  const { url } = import.meta as { url?: string }
  return createRequire(url ?? process.execPath)
}

/**
 * Loads koffi and gives it as an FFI. Throws where koffi is not installed, has no build for the host, or
 * the host loads no addons. A worker must not be
 * terminated meanwhile, nor while it binds its first functions: from then on Node-API refuses whatever may
 * run JavaScript, to koffi's start as to anyone, and koffi, which is built without C++ exceptions, cannot
 * tell this by another exception and ends the process.
 */
export function loadKoffi(): FFI {
  // koffi is loaded on first use and not on import, as loading takes milliseconds. It is loaded by its real
  // path: once fs.rmSync has removed a socket, Node 20 no longer follows links in require, and koffi behind a
  // link (as pnpm installs it) does not find its binary.
  const require = requireFromHere()
  const koffi = require(realpathSync(require.resolve('koffi'))) as typeof Koffi
  const libc = koffi.load(null)
  return {
    bindsTogether: true,
    func: (declaration) => libc.func(declaration),
    closeAsync: (fd, done) => {
      // The result does not matter: the descriptor is gone even when close fails.
      libc.func('int close(int fd)').async(fd, () => {
        done()
      })
    },
    errno: () => koffi.errno(),
    watch: (fd, f) => (isMainThread ? watch(koffi, fd, f) : watchInWorker(koffi, require, fd, f)),
    address: (buffer) => koffi.address(buffer),
  }
}

function watch(koffi: typeof Koffi, fd: number, f: () => void): Watch {
  const handle = koffi.node.poll(fd, { readable: true }, withMicrotasks(f))
  handle.unref()
  // The event loop turns once more while the process exits. koffi aborts the process when its callback then
  // fails to call JavaScript, so the watch is closed before.
  process.once('exit', () => {
    handle.close()
  })
  return handle
}

const RTLD_LAZY = 1

// The host unloads koffi with the last thread that uses it, and only then closes that thread's watch, whose
// code is koffi's. Opening the library once more keeps it loaded.
function keepLoaded(host: Koffi.LibraryHandle, require: NodeJS.Require): void {
  const addon = Object.keys(require.cache).find((path) => path.endsWith('koffi.node'))
  if (addon !== undefined) host.func('void *dlopen(const char *path, int flags)')(addon, RTLD_LAZY)
}

/** koffi closes a watch that nothing refers to. */
const kept: unknown[] = []

const UV_POLL = 8
const UV_READABLE = 1

/**
 * A worker may be terminated at any moment, and a call from the event loop into JavaScript fails then.
 * koffi's watch takes such a failure for a bug and ends the process (napi_throw in
 * Napi::Error::ThrowAsJavaScriptException). So in a worker the watch only wakes the loop: its libuv handle is
 * started again with a function of libuv that does nothing. What looks at the descriptor is an immediate,
 * which the host itself knows to leave out once the thread is to end. Being unref'd it does not keep the loop
 * from sleeping, and it runs whenever the loop has woken. The methods of koffi's watch fail as its callback
 * does, and calls of C functions do not: so libuv itself is told to ref and to unref the handle.
 */
function watchInWorker(koffi: typeof Koffi, require: NodeJS.Require, fd: number, f: () => void): Watch {
  const host = koffi.load(null)
  keepLoaded(host, require)
  const out: [unknown] = [null]
  host.func('int napi_get_uv_event_loop(void *env, _Out_ void **loop)')(koffi.node.env, out)
  const each = koffi.pointer(koffi.proto('void', ['void *', 'void *']))
  const walk = host.func('uv_walk', 'void', ['void *', each, 'void *'])
  const typeOf = host.func('int uv_handle_get_type(void *handle)')
  const polls = (): bigint[] => {
    const found: bigint[] = []
    const add = (handle: bigint): void => {
      if (typeOf(handle) === UV_POLL) found.push(handle)
    }
    walk(out[0], add, null)
    return found
  }
  const nothing: unknown = host.symbol('uv_is_active')
  const start = host.func('int uv_poll_start(void *handle, int events, void *callback)')
  const ref = host.func('void uv_ref(void *handle)')
  const unref = host.func('void uv_unref(void *handle)')
  const others = new Set(polls())
  kept.push(koffi.node.poll(fd, { readable: true }, f))
  const handle = polls().find((poll) => !others.has(poll))
  if (handle === undefined) throw new Error("koffi's watch is not in the event loop")
  start(handle, UV_READABLE, nothing)
  unref(handle)

  const arm = (): void => {
    setImmediate(() => {
      arm()
      f()
    }).unref()
  }
  arm()
  return {
    ref: () => {
      ref(handle)
    },
    unref: () => {
      unref(handle)
    },
  }
}
