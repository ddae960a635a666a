import { equal } from './assert.ts'

/** A signal that counts what listens to it, with its controller. */
export interface CountedSignal {
  /** Aborts it. */
  abort(reason?: unknown): void
  /** The signal to pass on. */
  readonly signal: AbortSignal
  /** How many listeners it has now. */
  readonly listeners: number
  /** Asserts that nothing listens any more. */
  assertFree(what: string): void
}

type Listener = Parameters<AbortSignal['addEventListener']>[1]
type AddOptions = Parameters<AbortSignal['addEventListener']>[2]
type RemoveOptions = Parameters<AbortSignal['removeEventListener']>[2]

/**
 * Makes a signal that counts its listeners on every host: it is a real one whose own methods note what passes through
 * them.
 */
export function countedSignal(): CountedSignal {
  const controller = new AbortController()
  const { signal } = controller
  const listening = new Map<unknown, boolean>() // listener to whether it goes after one call
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  Object.defineProperty(signal, 'addEventListener', {
    value(type: string, listener: Listener, options?: AddOptions) {
      listening.set(listener, typeof options === 'object' && options.once === true)
      add(type, listener, options)
    },
  })
  Object.defineProperty(signal, 'removeEventListener', {
    value(type: string, listener: Listener, options?: RemoveOptions) {
      listening.delete(listener)
      remove(type, listener, options)
    },
  })
  const listeners = (): number => listening.size + (signal.onabort === null ? 0 : 1)
  return {
    signal,
    abort(reason) {
      controller.abort(reason)
      for (const [listener, once] of listening) if (once) listening.delete(listener)
    },
    get listeners() {
      return listeners()
    },
    assertFree(what) {
      equal(listeners(), 0, `${what}: listeners left on the signal`)
    },
  }
}

/** The controllers of signals that a program makes; disposing of it ends the count. */
export interface CountedControllers extends Disposable {
  /** How many were made since the count began, or since it was set to another number. */
  made: number
}

/**
 * Counts the controllers that are made from now on by whatever looks the constructor up. The constructor stays a real one,
 * and the host makes none of its own.
 */
export function countedControllers(): CountedControllers {
  const Controller = globalThis.AbortController
  const counted: CountedControllers = {
    made: 0,
    [Symbol.dispose]() {
      globalThis.AbortController = Controller
    },
  }
  globalThis.AbortController = class extends Controller {
    constructor() {
      super()
      counted.made++
    }
  }
  return counted
}
