import { describe, expect, test } from 'vitest'
import { ErrDeadlineExceeded } from '@net/contract'
import { countedSignal } from '@net/contract/suite'
import { Ending, endingOf, isOver, race, Scope, within, type Ended } from '../src/index.ts'

/** Whoever is told, and of what. */
class Told implements Ended {
  readonly reasons: unknown[] = []

  ended(reason: unknown): void {
    this.reasons.push(reason)
  }
}

describe('Ending', () => {
  test('tells those who listen, once, and not those who have left', () => {
    const ending = new Ending()
    const [a, b, c] = [new Told(), new Told(), new Told()]
    for (const told of [a, b, c]) ending.add(told)
    ending.delete(b)
    expect(ending.isOver).toBe(false)
    ending.end('first')
    ending.end('second')
    expect([a.reasons, b.reasons, c.reasons]).toEqual([['first'], [], ['first']])
    expect([ending.isOver, ending.reason]).toEqual([true, 'first'])
  })

  test('one that is told may take another out, which is not told then', () => {
    const ending = new Ending()
    const other = new Told()
    ending.add({ ended: () => ending.delete(other) })
    ending.add(other)
    ending.end('over')
    expect(other.reasons).toEqual([])
  })

  test('is a signal for who wants one, before and after it has come', () => {
    const ending = new Ending()
    const { signal } = ending
    expect(signal.aborted).toBe(false)
    ending.end('over')
    expect(signal.reason).toBe('over')
    const late = new Ending()
    late.end('late')
    expect(late.signal.reason).toBe('late')
  })

  test('of a signal has one listener on it, however many wait, and none when nobody does', () => {
    const counted = countedSignal()
    const { signal } = counted
    const ending = endingOf({ signal })
    if (ending === null) throw new Error('a signal ends an operation')
    expect(endingOf({ signal })).toBe(ending)
    const all = Array.from({ length: 1000 }, () => new Told())
    for (const told of all) ending.add(told)
    expect(counted.listeners).toBe(1)
    for (const told of all.slice(1)) ending.delete(told)
    expect(counted.listeners).toBe(1)
    const [first] = all
    if (first !== undefined) ending.delete(first)
    expect(counted.listeners).toBe(0)
    for (const told of all) ending.add(told)
    counted.abort('over')
    expect(all.every(({ reasons }) => reasons.length === 1 && reasons[0] === 'over')).toBe(true)
    expect(counted.listeners).toBe(0)
    expect(isOver({ signal })).toBe(true)
  })

  test('is what its options are, and nothing where they have no signal', () => {
    const ending = new Ending()
    expect(endingOf(ending)).toBe(ending)
    expect([endingOf(undefined), endingOf({}), endingOf({ signal: undefined })]).toEqual([null, null, null])
    expect([isOver(undefined), isOver({}), isOver(ending)]).toEqual([false, false, false])
  })
})

describe('Scope', () => {
  test('ends with the outer end, for its reason, and leaves nothing behind on it', () => {
    const counted = countedSignal()
    const { signal } = counted
    const [one, two] = [new Scope({ signal }), new Scope({ signal })]
    one.leave()
    counted.abort('over')
    expect([one.isOver, two.isOver, two.reason]).toEqual([false, true, 'over'])
    expect(counted.listeners).toBe(0)
    expect(new Scope({ signal }).reason).toBe('over')
  })

  test('ends when its deadline passes', async () => {
    const scope = new Scope(undefined, performance.now() + 5)
    const reason = await new Promise((resolve) => scope.add({ ended: resolve }))
    expect(reason).toBe(ErrDeadlineExceeded)
    expect(new Scope(undefined, performance.now() - 1).reason).toBe(ErrDeadlineExceeded)
  })
})

describe('race()', () => {
  test('gives the work itself where nothing can end it', async () => {
    const work = Promise.resolve(1)
    expect(race(work, {})).toBe(work)
    expect(await race(work, new Ending())).toBe(1)
  })

  test('rejects when the end comes first, and drops what the work comes to all the same', async () => {
    const ending = new Ending()
    let finish = (_n: number): void => {}
    const work = new Promise<number>((resolve) => (finish = resolve))
    const dropped: number[] = []
    const raced = race(work, ending, (n) => void dropped.push(n))
    ending.end(new Error('over'))
    await expect(raced).rejects.toThrow('over')
    finish(7)
    await work
    expect(dropped).toEqual([7])
    await expect(race(Promise.reject(new Error('failed')), ending)).rejects.toThrow('over')
  })
})

describe('within()', () => {
  test('hands no options on where nothing can end the work', async () => {
    expect(
      await within(
        undefined,
        Infinity,
        (o) => Promise.resolve(o),
        () => {},
      ),
    ).toBeUndefined()
    expect(
      await within(
        {},
        Infinity,
        (o) => Promise.resolve(o),
        () => {},
      ),
    ).toBeUndefined()
  })

  test('ends the work by its deadline, and by the signal with its reason', async () => {
    const never = (): Promise<never> => new Promise(() => {})
    await expect(within({}, performance.now() + 5, never, () => {})).rejects.toBe(ErrDeadlineExceeded)
    await expect(within({}, performance.now() - 1, never, () => {})).rejects.toBe(ErrDeadlineExceeded)
    const controller = new AbortController()
    const work = within({ signal: controller.signal }, Infinity, never, () => {})
    controller.abort('over')
    await expect(work).rejects.toBe('over')
  })
})
