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
