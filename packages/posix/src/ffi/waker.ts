import type { Watch } from './ffi.ts'

/**
 * The text of a thread that waits for a descriptor. `poll` is an expression that gives poll(2), as the host binds it, and
 * takes the place of an import, which not every host has in such a text. It tells by a message, and waits for its turn
 * before it looks again: the descriptor stays readable until somebody has read what is there.
 */
const waiter = (poll: string): string => `
const { parentPort, workerData: { fd, turn } } = require('node:worker_threads')
const poll = ${poll}
const fds = Int32Array.of(fd, 1) // struct pollfd: fd, events (POLLIN)
for (;;) {
  if (poll(fds, 1, -1) < 1) continue
  Atomics.store(turn, 0, 0)
  parentPort.postMessage(null)
  Atomics.wait(turn, 0, 0)
}`

/**
 * Watches a descriptor by a thread of its own that waits in poll(2): for hosts whose event loop watches nothing but what is
 * theirs. A wake-up costs such a thread's message, so the thread gets its turn in the event loop's next one: what goes on
 * looking for events meanwhile is not told of each.
 */
export function watchByThread(poll: string, fd: number, f: () => void): Watch {
  const turn = new Int32Array(new SharedArrayBuffer(4))
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const thread = new Worker(waiter(poll), { eval: true, workerData: { fd, turn } })
  const giveTurn = (): void => {
    Atomics.store(turn, 0, 1)
    Atomics.notify(turn, 0)
  }
  thread.on('message', () => {
    f()
    setImmediate(giveTurn)
  })
  thread.unref()
  return thread
}
