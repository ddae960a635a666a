/**
 * Waits for `work` or for the signal, whichever comes first: what goes over a network settles only when the other end has
 * answered. Work that is left behind is told to end by the same signal, and what it comes to concerns nobody.
 */
export function race<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason)
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort)
    const end = (): void => {
      signal.removeEventListener('abort', abort)
    }
    work.finally(end).then(resolve, reject)
  })
}
