import { DeadlineTimer } from '@net/io'
import type { WriteBehind } from './write_behind.ts'

const CLOSE_LIMIT = 250 // milliseconds without progress after which close waits no longer
const STALL_LIMIT = 30_000 // milliseconds without progress after which nobody seems to read at the other end

/** Calls `end` when nothing has been sent for so many milliseconds. Gives what stops the watch. */
function watch(behind: WriteBehind, ms: number, end: () => void): () => void {
  let { answers } = behind
  const timer = new DeadlineTimer(() => {
    if (behind.answers === answers) {
      end()
    } else {
      answers = behind.answers
      timer.set(performance.now() + ms)
    }
  })
  timer.set(performance.now() + ms)
  return () => {
    timer.clear()
  }
}

/**
 * Sees to what is still on its way when a connection is closed, as kernels do behind a close: it goes on
 * while the other end reads, and `close` is called when it has gone, or with true when nobody has read for 30
 * s. `linger` seconds, when positive, are all the time there is. Resolves when everything is closed or,
 * unless the close is to linger, when nothing has moved for a while.
 */
export function drain(
  behind: WriteBehind,
  linger: number,
  close: (left: boolean) => Promise<void>,
): Promise<void> {
  return new Promise((resolve) => {
    let ended = false
    const timers: (() => void)[] = []
    const end = (left: boolean): void => {
      if (ended) return
      ended = true
      for (const stop of timers) stop()
      void close(left).then(resolve)
    }
    if (linger > 0) {
      const timer = new DeadlineTimer(() => {
        end(true)
      })
      timer.set(performance.now() + linger * 1000)
      timers.push(() => {
        timer.clear()
      })
    } else {
      timers.push(watch(behind, CLOSE_LIMIT, resolve))
      timers.push(
        watch(behind, STALL_LIMIT, () => {
          end(true)
        }),
      )
    }
    void behind.drained().then(() => {
      end(behind.error !== null)
    })
  })
}
