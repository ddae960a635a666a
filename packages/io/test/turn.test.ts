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

/** Lets some wait for the next turn, each of which then takes so many milliseconds in a microtask. Gives who went on, and in which turn. */
async function turnsOf(lasting: readonly number[]): Promise<{ which: number; turn: number }[]> {
  while (!isTurnOver());
  let turns = 0
  const count = (): void => {
    turns++
    counter = setImmediate(count)
  }
  let counter = setImmediate(count)
  const went: { which: number; turn: number }[] = []
  const all = lasting.map(
    (ms, which) =>
      new Promise<void>((resolve) => {
        const work = (): void => {
          went.push({ which, turn: turns })
          const until = performance.now() + ms
          while (performance.now() < until);
          resolve()
        }
        deferToNextTurn({ turned: () => void Promise.resolve().then(work) })
      }),
  )
  await Promise.all(all)
  clearImmediate(counter)
  return went
}

test('those that waited for a turn go on in their order, and not all in one turn when they take long', async () => {
  const went = await turnsOf([2, 2, 2, 2])
  expect(went.map(({ which }) => which)).toEqual([0, 1, 2, 3])
  expect(new Set(went.map(({ turn }) => turn)).size).toBe(4)
})

test('at most four that take long go on in one turn behind those that took no time', async () => {
  const went = await turnsOf([0, 0, 0, 2, 2, 2, 2, 2, 2, 2])
  expect(went.map(({ which }) => which)).toEqual([...went.keys()])
  const long = went.slice(3).map(({ turn }) => turn)
  for (const turn of long) expect(long.filter((t) => t === turn).length).toBeLessThanOrEqual(4)
})
