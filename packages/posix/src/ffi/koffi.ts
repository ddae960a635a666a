import type * as Koffi from 'koffi'
import type { FFI, SocketWatch, Watch, WindowsLibrary } from './ffi.ts'
import { withMicrotasks } from './microtasks.ts'
import { isMainThread } from './thread.ts'

/**
 * The name of this file, or of the bundle that it is part of, as the engine knows it. What `import.meta` and `__filename` say in
 * a bundle is the bundler's word, and may be where the package lay on the machine that made the bundle.
 */
function thisFile(): string {
  const { stackTraceLimit } = Error
  const prepareStackTrace: unknown = Reflect.get(Error, 'prepareStackTrace')
  Error.stackTraceLimit = 1
  Error.prepareStackTrace = (_, [site]) => site?.getFileName()
  const file: unknown = new Error('this file').stack
  Object.assign(Error, { prepareStackTrace, stackTraceLimit })
  return typeof file === 'string' ? file : ''
}

/**
 * Finds koffi: beside this file, beside the program's first one where this one has no place of its own (a bundle that is
 * evaluated), or beside the executable, which is the only file of a single one. Gives a require and koffi's file. The function
 * that makes a require is asked of the process, as webpack puts `undefined` in the place of what an import of `node:module` is
 * called with.
 */
function findKoffi(): { require: NodeJS.Require; file: string } {
  const { createRequire } = process.getBuiltinModule('node:module')
  const failures: Error[] = []
  for (const place of [thisFile(), process.argv[1] ?? '', process.execPath]) {
    try {
      const require = createRequire(place)
      return { require, file: require.resolve('koffi') }
    } catch (e) {
      failures.push(e as Error)
    }
  }
  throw failures.find((e) => 'requireStack' in e) ?? new Error('koffi is nowhere', { cause: failures })
}

/** What the environment data of a worker says under this name when the main thread had loaded koffi before. */
const LOADED = '@net/posix: koffi is loaded'

/**
 * Loads koffi, on first use and not on import, as loading takes milliseconds. It is loaded by its real path: once fs.rmSync has
 * removed a socket, Node 20 no longer follows links in require, and koffi behind a link (as pnpm installs it) does not find its
 * binary.
 *
 * A worker must not be terminated meanwhile, nor while it binds its first functions: from then on Node-API refuses whatever may
 * run JavaScript, to koffi's start as to anyone, and koffi, which is built without C++ exceptions, cannot tell this by another
 * exception and ends the process. Nothing in a thread can hold a termination back. Its start is shorter, and ends in this way less
 * often, where the main thread has loaded koffi before: no other worker loads it.
 */
function requireKoffi(): typeof Koffi {
  const { getEnvironmentData, setEnvironmentData } = process.getBuiltinModule('node:worker_threads')
  if (!isMainThread() && getEnvironmentData(LOADED) !== true) {
    throw new Error('the main thread has to call posix() before it starts a worker that needs kernel sockets')
  }
  const { require, file } = findKoffi()
  const { realpathSync } = process.getBuiltinModule('node:fs')
  const koffi = require(realpathSync(file)) as typeof Koffi
  if (isMainThread()) setEnvironmentData(LOADED, true)
  return koffi
}

/**
 * Loads koffi and with it a library of the system by its name. Throws where koffi cannot be loaded, or the system has no such
 * library.
 */
export function loadLibrary(name: string): WindowsLibrary {
  const koffi = requireKoffi()
  const library = koffi.load(name)
  return {
    func: (declaration) => library.func(declaration),
    address: (buffer) => koffi.address(buffer),
    watch: (socket, f) => {
      if (!isMainThread())
        throw new Error('no worker can watch a socket: the end of its thread would end the process')
      return watch(koffi, socket, f)
    },
  }
}

/**
 * Loads koffi and gives it as an FFI; `errnoLocation` is the function that tells where the error number is. Throws where koffi is not
 * installed, has no build for the host, the host loads no addons, or this is a worker whose main thread had not loaded it.
 */
export function loadKoffi(errnoLocation: string): FFI {
  const koffi = requireKoffi()
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
    errno: new Int32Array(koffi.view(libc.func(`void *${errnoLocation}()`)(), 4)),
    watch: (fd, f) => (isMainThread() ? watch(koffi, fd, f) : watchInWorker(koffi, fd, f)),
    address: (buffer) => koffi.address(buffer),
  }
}

/** Every watch of the main thread that is on. */
const watches = new Set<Koffi.node.PollHandle>()

function watch(koffi: typeof Koffi, fd: number, f: () => void): SocketWatch {
  const handle = koffi.node.poll(fd, { readable: true }, withMicrotasks(f))
  handle.unref()
  // The event loop turns once more while the process exits. koffi aborts the process when its callback then
  // fails to call JavaScript, so the watches are closed before.
  if (watches.size === 0) process.once('exit', closeWatches)
  watches.add(handle)
  return {
    ref: () => {
      handle.ref()
    },
    unref: () => {
      handle.unref()
    },
    close: () => {
      handle.close()
      watches.delete(handle)
      if (watches.size === 0) process.off('exit', closeWatches)
    },
  }
}

function closeWatches(): void {
  for (const handle of watches) handle.close()
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
function watchInWorker(koffi: typeof Koffi, fd: number, f: () => void): Watch {
  const host = koffi.load(null)
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
