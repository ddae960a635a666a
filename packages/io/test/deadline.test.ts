import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkTimeout, deadlineAt, DeadlineTimer, timeoutAt } from '../src/index.ts'

/** Resolves when `ready` holds, looking at it in each turn of the event loop. */
async function until(ready: () => boolean): Promise<void> {
  while (!ready()) await new Promise((resolve) => setImmediate(resolve))
}

describe('deadlineAt()', () => {
  test('deadlineAt() gives the same moment for a Date and for milliseconds, and Infinity for null', () => {
    const t = Date.now() + 5000
    for (const form of [t, new Date(t)]) {
      const ahead = deadlineAt(form) - performance.now()
      expect(ahead).toBeGreaterThan(4000)
      expect(ahead).toBeLessThanOrEqual(5001)
    }
    expect(deadlineAt(null)).toBe(Infinity)
    expect(deadlineAt(Infinity)).toBe(Infinity)
    expect(deadlineAt(0)).toBeLessThan(performance.now())
  })

  test('deadlineAt() throws TypeError for what is no moment', () => {
    for (const t of ['now', NaN, new Date(NaN), undefined, {}]) {
      expect(() => deadlineAt(t as number)).toThrow(TypeError)
    }
  })

  test('timeoutAt() and checkTimeout() take 0 and Infinity for none', () => {
    expect(timeoutAt(0)).toBe(Infinity)
    expect(timeoutAt(1000)).toBeGreaterThan(performance.now())
    expect(checkTimeout(Infinity)).toBe(0)
    expect(checkTimeout(5)).toBe(5)
    for (const ms of [-1, NaN, '5']) expect(() => checkTimeout(ms as number)).toThrow(TypeError)
  })
})

describe('DeadlineTimer', () => {
  test('a passed deadline calls its owner once, in the order of moments, and stays passed', async () => {
    const order: number[] = []
    const now = performance.now()
    const timers = [30, 10, 20].map((ms) => {
      const timer = new DeadlineTimer(() => order.push(ms))
      timer.set(now + ms)
      return timer
    })
    await until(() => order.length === 3)
    expect(order).toEqual([10, 20, 30])
    for (const timer of timers) expect(timer.at).toBeLessThanOrEqual(performance.now())
    timers[0]?.clear()
    expect(timers[0]?.at).toBe(Infinity)
  })

  test('a deadline in the past expires soon and not during set()', async () => {
    let expired = 0
    const timer = new DeadlineTimer(() => expired++)
    timer.set(performance.now() - 1000)
    expect(expired).toBe(0)
    await until(() => expired > 0)
    expect(expired).toBe(1)
  })

  test('set() again from the owner sets the next deadline', async () => {
    let n = 0
    const timer = new DeadlineTimer(() => {
      if (++n < 5) timer.set(performance.now() + 1)
    })
    timer.set(performance.now())
    await until(() => n === 5)
    expect(n).toBe(5)
  })

  test('setEarlier() brings a deadline forward, never back, and knows that one of another clock is none', async () => {
    let expired = 0
    const timer = new DeadlineTimer(() => expired++)
    const now = performance.now()
    timer.setEarlier(now + 60_000)
    timer.setEarlier(now + 70_000)
    expect(timer.at).toBe(now + 60_000)
    timer.setEarlier(now + 1)
    await until(() => expired === 1)
    timer.setEarlier(now + 80_000) // the one that has passed is none either
    expect(timer.at).toBe(now + 80_000)
    const { performance: host } = globalThis
    try {
      globalThis.performance = { now: () => 1e9 } as typeof performance
      timer.setEarlier(1e9 + 5)
      expect(timer.at).toBe(1e9 + 5)
    } finally {
      globalThis.performance = host
    }
    timer.setEarlier(now + 90_000)
    expect(timer.at).toBe(now + 90_000)
    timer.clear()
  })

  test('the heap does what a list that is searched does, for any sequence of set() and clear()', () => {
    const step = fc.record({
      timer: fc.nat(19),
      // Far enough away that the host's own timer never comes between.
      at: fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: -50, max: 50 }) },
        { weight: 1, arbitrary: fc.constant(null) },
      ),
      run: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const base = performance.now()
        const expired: number[] = []
        const timers = Array.from({ length: 20 }, (_, i) => new DeadlineTimer(() => expired.push(i)))
        const model = new Map<number, number>()
        try {
          for (const { timer, at, run } of steps) {
            // Moments are an hour apart: what is past is past by a margin.
            const moment = at === null ? Infinity : base + at * 3_600_000 - 1_800_000
            timers[timer]?.set(moment)
            if (moment === Infinity) model.delete(timer)
            else model.set(timer, moment)
            if (!run) continue
            const due = [...model].filter(([, t]) => t <= performance.now())
            expired.length = 0
            DeadlineTimer.run()
            expect([...expired].sort()).toEqual(due.map(([i]) => i).sort())
            for (const [i] of due) model.delete(i)
          }
          for (const [i, t] of model) expect(timers[i]?.at).toBe(t)
        } finally {
          for (const timer of timers) timer.clear()
        }
        expect(DeadlineTimer.next()).toBe(Infinity)
      }),
      { numRuns: 300 },
    )
  })

  test('a thousand deadlines have one host timer, and none keeps the process alive', () => {
    const script = `
      import { DeadlineTimer } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
      const set = globalThis.setTimeout
      let made = 0
      globalThis.setTimeout = (...a) => { made++; return set(...a) }
      for (let i = 0; i < 1000; i++) new DeadlineTimer(() => {}).set(performance.now() + 60_000 + i)
      console.log(made, process.getActiveResourcesInfo().filter((r) => r === 'Timeout').length)
    `
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    expect(child.stderr).toBe('')
    expect(child.stdout.trim()).toBe('1 0')
    expect(child.status).toBe(0)
  })
})
