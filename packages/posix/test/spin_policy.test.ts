import { describe, expect, test } from 'vitest'
import { SpinPolicy } from '../src/poll/spin_policy.ts'

// Milliseconds. Events that are SHORT apart are a busy peer's, those that are LONG apart are not.
const SHORT = 0.05
const LONG = 10

/** A policy that has met `n` events in quick succession, the last of them at `n * SHORT`. */
function busy(n: number): SpinPolicy {
  const policy = new SpinPolicy()
  for (let i = 1; i <= n; i++) policy.wokeToEvents(i * SHORT)
  return policy
}

/** As long as a time slice that a stranger used, in milliseconds: four of them are too many. */
const SLICE = 3

/** Lets `n` yields from `now` on last a stranger's time slice each. Gives whether the spin goes on after the last. */
function crowd(policy: SpinPolicy, n: number, now = 0): boolean {
  let goesOn = true
  for (let i = 0; i < n; i++) goesOn = policy.yielded(now + i * SLICE, SLICE)
  return goesOn
}

/** Whether a busy policy spins at `now`: two events that are close together would make it. */
function spins(policy: SpinPolicy, now: number): boolean {
  policy.wokeToEvents(now - SHORT)
  return policy.wokeToEvents(now)
}

describe('SpinPolicy.wokeToEvents()', () => {
  test('does not spin for the first event, nor for events that are far apart', () => {
    const policy = new SpinPolicy()
    expect([1, 2, 3].map((i) => policy.wokeToEvents(i * LONG))).toEqual([false, false, false])
  })

  test('spins from the second of two events that are close together', () => {
    const policy = new SpinPolicy()
    expect(policy.wokeToEvents(LONG)).toBe(false)
    expect(policy.wokeToEvents(LONG + SHORT)).toBe(true)
  })

  test('remembers as many short gaps as it forgives long ones, and no more than four', () => {
    const policy = busy(100)
    const spun = [1, 2, 3, 4, 5].map((i) => policy.wokeToEvents(100 + i * LONG))
    expect(spun).toEqual([true, true, true, false, false])
  })
})

describe('SpinPolicy.afterNothing()', () => {
  test('looks again until the spin has lasted 0.2 ms without an event', () => {
    const policy = busy(2)
    const last = 2 * SHORT
    expect(policy.afterNothing(last + 0.19)).toBe('look')
    expect(policy.afterNothing(last + 0.21)).toBe('sleep')
  })

  test('counts from the last event that a look found', () => {
    const policy = busy(2)
    expect(policy.found(0.25)).toBe(true)
    expect(policy.afterNothing(0.4)).toBe('look')
    expect(policy.afterNothing(0.5)).toBe('sleep')
  })

  test('takes the credit of two events for a spin in vain', () => {
    const policy = busy(100)
    policy.afterNothing(50)
    policy.afterNothing(50)
    expect(policy.wokeToEvents(60)).toBe(false)
    const once = busy(100)
    once.afterNothing(50)
    expect(once.wokeToEvents(60)).toBe(true)
  })

  test('leaves the next look to a new turn of the event loop after 1 ms', () => {
    const policy = busy(2)
    policy.found(1.3)
    expect(policy.afterNothing(1.4)).toBe('turn')
    policy.turned(1.4)
    expect(policy.afterNothing(1.45)).toBe('look')
  })
})

describe('SpinPolicy.found()', () => {
  test('goes on in this turn for 1 ms, then in the next', () => {
    const policy = busy(2)
    expect(policy.found(1)).toBe(true)
    expect(policy.found(1.2)).toBe(false)
    policy.turned(1.2)
    expect(policy.found(1.3)).toBe(true)
  })
})

describe('SpinPolicy.yields()', () => {
  test('yields after every look until a yield was over at once', () => {
    const policy = busy(2)
    expect([policy.yields(), policy.yields()]).toEqual([true, true])
    policy.yielded(0, 0.001)
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(() => policy.yields())).toEqual([
      ...[false, false, false, true],
      ...[false, false, false, true],
    ])
  })

  test('yields after every look again when somebody else was on the core', () => {
    const policy = busy(2)
    policy.yielded(0, 0.001)
    policy.yielded(0, 0.05)
    expect([policy.yields(), policy.yields()]).toEqual([true, true])
  })
})

describe('SpinPolicy.yielded()', () => {
  test('ends the spin when yields have taken 10 ms in time slices', () => {
    expect(crowd(busy(2), 3)).toBe(true)
    expect(crowd(busy(2), 4)).toBe(false)
  })

  test('does not mind yields in which a peer answers', () => {
    const policy = busy(2)
    const yields = Array.from({ length: 1000 }, (_, i) => {
      policy.found(i)
      return policy.yielded(i, 0.05)
    })
    expect(yields).not.toContain(false)
  })

  test('ends the spin when somebody else has the core in yield after yield, and nothing comes', () => {
    const policy = busy(2)
    const yields = Array.from({ length: 64 }, () => policy.yielded(0.1, 0.02))
    expect([yields.indexOf(false), spins(policy, 20)]).toEqual([63, false])
  })

  test('does not mind a time slice in some hundreds of events', () => {
    const policy = busy(2)
    const slices = Array.from({ length: 20 }, () => {
      for (let i = 0; i < 600; i++) policy.found(1)
      return policy.yielded(1, SLICE)
    })
    expect(slices).not.toContain(false)
  })

  test('lets spinning rest for 50 ms on a crowded core', () => {
    const policy = busy(100)
    crowd(policy, 4, 10)
    const rested = 10 + 4 * SLICE + 50
    expect(spins(policy, rested - 1)).toBe(false)
    expect(spins(policy, rested + 1)).toBe(true)
  })

  test('doubles the rest when the next slice is lost at once, up to 5 s', () => {
    const policy = busy(100)
    crowd(policy, 4)
    let now = 4 * SLICE + 50
    const rests = Array.from({ length: 9 }, () => {
      expect(policy.yielded(now, SLICE)).toBe(false)
      const start = (now += SLICE)
      while (!spins(policy, now)) now += 10
      return now - start
    })
    expect(rests).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000])
  })

  test('rests as long as at first when it could spin meanwhile for longer than it rested', () => {
    const policy = busy(100)
    crowd(policy, 4)
    crowd(policy, 1, 70) // a rest of 100 ms, to 173
    crowd(policy, 1, 300)
    expect(spins(policy, 300 + SLICE + 49)).toBe(false)
    expect(spins(policy, 300 + SLICE + 51)).toBe(true)
  })
})

describe('SpinPolicy.enabled', () => {
  test('is false while data streams, until the next wake-up', () => {
    const policy = busy(2)
    expect(policy.enabled).toBe(true)
    policy.streams()
    expect(policy.enabled).toBe(false)
    policy.woke()
    expect(policy.enabled).toBe(true)
  })
})

describe('SpinPolicy.set()', () => {
  test("turns spinning off by 'off' and by 0, and on again by 'auto'", () => {
    const policy = new SpinPolicy()
    policy.set('off')
    expect(policy.enabled).toBe(false)
    policy.set('auto')
    expect(policy.enabled).toBe(true)
    policy.set(0)
    expect(policy.enabled).toBe(false)
  })

  test('takes a number as microseconds', () => {
    const policy = busy(2)
    policy.set(500)
    expect(policy.afterNothing(2 * SHORT + 0.49)).toBe('look')
    expect(policy.afterNothing(2 * SHORT + 0.51)).toBe('sleep')
  })

  test('forgets that the core was crowded', () => {
    const policy = busy(2)
    crowd(policy, 4)
    expect(policy.wokeToEvents(3 * SHORT)).toBe(false)
    policy.set('auto')
    expect(policy.wokeToEvents(4 * SHORT)).toBe(true)
  })
})
