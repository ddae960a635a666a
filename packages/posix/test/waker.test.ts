import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { watchByThread } from '../src/ffi/waker.ts'
import { ffi } from '../src/sys/ffi.ts'

// Bun and Deno watch like this, for which the suite runs there (tools/reach). Here poll(2) is koffi's.
const koffi = realpathSync(createRequire(import.meta.url).resolve('koffi'))
const poll = `require(${JSON.stringify(koffi)}).load(null).func('int poll(void *fds, unsigned long n, int timeout)')`

test('watchByThread() tells again and again while the descriptor is readable, and of what comes later', async () => {
  const [a, b] = pipe()
  const one = Uint8Array.of(1)
  const write = ffi().func('intptr_t write(int fd, const void *buf, size_t len)')
  const read = ffi().func('intptr_t read(int fd, void *buf, size_t len)')
  let told = 0
  let next: () => void = () => undefined
  const watch = watchByThread(poll, a, () => {
    told++
    next()
  })
  watch.ref()
  const tellings = (n: number): Promise<void> =>
    new Promise((resolve) => {
      next = () => {
        if (told >= n) resolve()
      }
    })
  write(b, one, 1)
  await tellings(3) // nobody has read the byte
  read(a, new Uint8Array(1), 1)
  const seen = told
  write(b, one, 1)
  await tellings(seen + 1)
  // The thread waits for its turn now, and ends.
  expect(await (watch as unknown as Worker).terminate()).toBe(1)
  const close = ffi().func('int close(int fd)')
  expect([close(a), close(b)]).toEqual([0, 0])
})

function pipe(): [number, number] {
  const fds = new Int32Array(2)
  expect(ffi().func('int pipe2(void *fds, int flags)')(new Uint8Array(fds.buffer), 0)).toBe(0)
  const [a = -1, b = -1] = fds
  return [a, b]
}
