/** V8's, which sets an error's stack anew; other engines may not have it. */
const { captureStackTrace } = Error as { captureStackTrace?: (e: Error) => void }

/**
 * A promise that rejects with an error whose stack shows who waits for it. What ends an operation is the poller, a timer or close,
 * and so the stack of its error would not say which call has failed. V8 finds the functions that await a promise from within a
 * reaction that leads to it: the error's stack is taken there. By then the operation's promise must follow this one, which takes a
 * microtask; therefore there are two. What succeeds pays nothing.
 *
 * @example
 * ```ts
 * import { rejected } from '@net/io'
 *
 * async function read(): Promise<never> {
 *   return await rejected(new Error('no'))
 * }
 * const e = await read().catch((e: Error) => e)
 * console.log(e.stack?.includes('at async read')) // true
 * ```
 */
export function rejected(error: Error): Promise<never> {
  return Promise.resolve()
    .then(() => {})
    .then(() => {
      if (error.stack !== undefined) captureStackTrace?.(error)
      throw error
    })
}
