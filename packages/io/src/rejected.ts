/** V8's, which sets an error's stack anew; other engines may not have it. */
const { captureStackTrace } = Error as { captureStackTrace?: (e: Error) => void }

/**
 * A promise that rejects with an error whose stack shows who waits for it. What ends an operation is the poller, a timer or close,
 * and so the stack of its error would not say which call has failed. V8 finds the functions that await a promise from within a
 * reaction that leads to it: the error's stack is taken there. By then the operation's promise must follow this one, which takes a
 * microtask; therefore there are two. What succeeds pays nothing.
 */
export function rejected(error: Error): Promise<never> {
  return Promise.resolve()
    .then(() => {})
    .then(() => {
      if (error.stack !== undefined) captureStackTrace?.(error)
      throw error
    })
}
