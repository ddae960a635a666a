import { expect, test } from 'vitest'
import { Arrivals } from '../src/account/arrivals.ts'

const LONG = 1e9 // milliseconds, in which nothing comes back while a test lasts

test('so many may come, then no more', () => {
  const arrivals = new Arrivals(2, LONG)
  expect([arrivals.come(), arrivals.come(), arrivals.come()]).toEqual([true, true, false])
})

test('who attaches does not count', () => {
  const arrivals = new Arrivals(2, LONG)
  for (let i = 0; i < 10; i++) {
    expect(arrivals.come()).toBe(true)
    arrivals.attach()
  }
  expect(arrivals.isClear).toBe(true)
  arrivals.attach()
  expect([arrivals.come(), arrivals.come(), arrivals.come()]).toEqual([true, true, false])
  expect(arrivals.isClear).toBe(false)
})

test('as time passes more may come', async () => {
  const arrivals = new Arrivals(1, 1)
  expect(arrivals.come()).toBe(true)
  while (!arrivals.isClear) await new Promise((resolve) => setImmediate(resolve))
  expect(arrivals.come()).toBe(true)
})
