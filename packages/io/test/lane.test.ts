import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ErrClosed, ErrDeadlineExceeded, isErr, OpError } from '@net/contract'
import { Lane, Op, type LaneOwner } from '../src/index.ts'

class Owner implements LaneOwner {
  balance = 0
  changes = 0

  opError(op: string, cause: Error): Error {
    return new OpError(op, 'test', null, null, cause)
  }

  waiting(change: 1 | -1): void {
    this.balance += change
    this.changes++
    if (this.balance < 0) throw new Error('more operations stopped waiting than had begun')
  }
}

/** Takes one token, or waits for one. */
class Take extends Op<number> {
  readonly id: number
  readonly #tokens: { n: number }

  constructor(id: number, tokens: { n: number }) {
    super('take')
    this.id = id
    this.#tokens = tokens
  }

  override attempt(): boolean {
    if (this.#tokens.n === 0) return false
    this.#tokens.n--
    return this.done(this.id)
  }
}

const nextTurn = promisify(setImmediate)

describe('Lane', () => {
  const action = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('run' as const), signal: fc.boolean() }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('give' as const), n: fc.integer({ min: 1, max: 3 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('abort' as const), which: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.constant({ do: 'expire' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'renew' as const }) },
    { weight: 1, arbitrary: fc.constant({ do: 'close' as const }) },
  )

  test('every operation settles exactly once, as a model says, in order, and the owner counts none too many', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const owner = new Owner()
        const lane = new Lane(owner)
        const tokens = { n: 0 }
        const settled: string[] = []
        const want: string[] = []
        const waiting: number[] = []
        const controllers: AbortController[] = []
        const promises: Promise<void>[] = []
        let free = 0
        let state: 'open' | 'expired' | 'closed' = 'open'
        const serve = (): void => {
          while (free > 0 && waiting.length > 0) {
            free--
            want.push(`${waiting.shift()} done`)
          }
        }
        for (const a of actions) {
          await nextTurn() // what an operation may take of a turn is no part of the model
          if (a.do === 'run') {
            const id = promises.length
            const controller = (controllers[id] = new AbortController())
            promises.push(
              lane.run(new Take(id, tokens), a.signal ? { signal: controller.signal } : {}).then(
                (n) => void settled.push(`${n} done`),
                (e: unknown) => {
                  const why = isErr(e, ErrClosed)
                    ? 'closed'
                    : isErr(e, ErrDeadlineExceeded)
                      ? 'expired'
                      : String(e)
                  settled.push(`${id} ${why}`)
                },
              ),
            )
            if (!a.signal) controllers[id] = new AbortController()
            if (state !== 'open') want.push(`${id} ${state}`)
            else {
              waiting.push(id)
              serve()
            }
          } else if (a.do === 'give') {
            tokens.n += a.n
            free += a.n
            lane.wake()
            serve()
          } else if (a.do === 'abort') {
            const before = waiting.indexOf(a.which)
            controllers[a.which]?.abort('aborted')
            await Promise.resolve()
            const op = actions.filter((x) => x.do === 'run')[a.which]
            if (before >= 0 && op?.do === 'run' && op.signal) {
              waiting.splice(before, 1)
              want.push(`${a.which} aborted`)
            }
          } else if (a.do === 'expire' || a.do === 'close') {
            if (a.do === 'expire') lane.setDeadline(1)
            else lane.close()
            const why = a.do === 'expire' ? 'expired' : 'closed'
            if (state !== 'closed') {
              for (const id of waiting.splice(0)) want.push(`${id} ${why}`)
              state = why
            }
          } else {
            lane.setDeadline(null)
            if (state === 'expired') state = 'open'
          }
          expect(owner.balance).toBe(waiting.length)
          expect(lane.busy).toBe(waiting.length > 0)
          await Promise.resolve()
          await Promise.resolve()
          await Promise.resolve()
        }
        lane.close()
        for (const id of waiting.splice(0)) want.push(`${id} closed`)
        await Promise.all(promises)
        expect(settled).toEqual(want)
        expect(owner.balance).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  test('Lane.free tells whether an operation may try at once', () => {
    const lane = new Lane(new Owner())
    expect(lane.free).toBe(true)
    lane.setTimeout(5)
    expect(lane.free).toBe(false)
    lane.setTimeout(0)
    lane.setDeadline(Date.now() + 60_000)
    expect(lane.free).toBe(false)
    lane.setDeadline(null)
    expect(lane.free).toBe(true)
    lane.close()
    expect(lane.free).toBe(false)
    expect(lane.closed).toBe(ErrClosed)
  })

  test('a deadline that has passed goes on failing operations until it is set anew', async () => {
    const lane = new Lane(new Owner())
    const tokens = { n: 0 }
    lane.setDeadline(Date.now() + 5)
    await expect(lane.run(new Take(0, tokens))).rejects.toThrow('take test: i/o timeout')
    tokens.n = 1
    await expect(lane.run(new Take(1, tokens))).rejects.toThrow('take test: i/o timeout')
    lane.setDeadline(null)
    await expect(lane.run(new Take(2, tokens))).resolves.toBe(2)
  })

  test('a timeout of one operation lets those behind it go on', async () => {
    const lane = new Lane(new Owner())
    const tokens = { n: 0 }
    lane.setTimeout(5)
    const first = lane.run(new Take(0, tokens))
    lane.setTimeout(0)
    const second = lane.run(new Take(1, tokens))
    await expect(first).rejects.toMatchObject({ timeout: true })
    tokens.n = 1
    lane.wake()
    await expect(second).resolves.toBe(1)
  })

  test('a lane closed with another cause fails with that one', async () => {
    const lane = new Lane(new Owner())
    const why = new Error('gone')
    lane.close(why)
    lane.close()
    await expect(lane.run(new Take(0, { n: 1 }))).rejects.toThrow('take test: gone')
  })
})
