import { expect, test } from 'vitest'
import { OpError } from '@net/contract'
import { deferToNextTurn, isTurnOver, Lane, Op, turnTaken, type LaneOwner } from '../src/index.ts'

const owner: LaneOwner = {
  opError: (op, cause) => new OpError(op, 'test', null, null, cause),
  waiting: () => {},
}

/** An operation that always finds what it wants. */
class Ready extends Op<number> {
  constructor() {
    super('read')
  }

  override attempt(): boolean {
    return this.done(1)
  }
}

/** Whether the loop has turned since the call. */
function turn(): { readonly came: boolean } {
  const turned = { came: false }
  setImmediate(() => (turned.came = true))
  return turned
}

test('a loop of operations that all find their data lets the event loop turn', async () => {
  const lane = new Lane(owner)
  const turned = turn()
  while (!turned.came) await lane.run(new Ready())
  expect(turned.came).toBe(true)
})

test('a loop that asks Lane.free first lets the event loop turn', async () => {
  const lane = new Lane(owner)
  const turned = turn()
  while (!turned.came) await (lane.free ? Promise.resolve(1) : lane.run(new Ready()))
  expect(turned.came).toBe(true)
})

test('what waits for the turn keeps its order, and close ends it', async () => {
  const lane = new Lane(owner)
  const turned = turn()
  const ends: number[] = []
  const reads: Promise<void>[] = []
  for (let i = 0; !lane.busy; i++) reads.push(lane.run(new Ready()).then(() => void ends.push(i)))
  const late = reads.length
  reads.push(lane.run(new Ready()).then(() => void ends.push(late)))
  await Promise.resolve()
  expect([turned.came, ends.length]).toEqual([false, late - 1])
  await Promise.all(reads)
  expect([turned.came, ends]).toEqual([true, [...reads.keys()]])

  const all: Promise<number>[] = []
  while (!lane.busy) all.push(lane.run(new Ready()))
  lane.close()
  const last = (await Promise.allSettled(all)).at(-1)
  expect(last).toMatchObject({ status: 'rejected', reason: { code: 'ERR_CLOSED' } })
})

test('turnTaken() waits when the budget of the turn is used up', async () => {
  const turned = turn()
  while (!turned.came) await turnTaken()
  expect(turned.came).toBe(true)
  expect(turnTaken()).toBeNull()
})

test('those that waited for a turn go on in their order, and not all in one turn when they take long', async () => {
  while (!isTurnOver());
  let turns = 0
  const count = (): void => {
    turns++
    counter = setImmediate(count)
  }
  let counter = setImmediate(count)
  const went: [which: number, turn: number][] = []
  await new Promise<void>((resolve) => {
    for (let i = 0; i < 4; i++) {
      deferToNextTurn({
        turned() {
          // Work of a microtask counts as well.
          void Promise.resolve().then(() => {
            went.push([i, turns])
            const until = performance.now() + 2
            while (performance.now() < until);
            if (i === 3) resolve()
          })
        },
      })
    }
  })
  clearImmediate(counter)
  expect(went.map(([which]) => which)).toEqual([0, 1, 2, 3])
  expect(new Set(went.map(([, turn]) => turn)).size).toBe(4)
})
