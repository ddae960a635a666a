import {
  channel,
  subscribe,
  tracingChannel,
  unsubscribe,
  type TracingChannelSubscribers,
} from 'node:diagnostics_channel'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ErrClosed, ErrDeadlineExceeded, isErr, OpError } from '@net/contract'
import {
  areLanesFree,
  Lane,
  Op,
  traced,
  type LaneOwner,
  type TracedKind,
  type TraceMessage,
} from '../src/index.ts'

const owner: LaneOwner = {
  opError: (op, cause) =>
    new OpError(op, 'memory', { network: 'memory', toString: () => 'here' }, null, cause),
  waiting: () => {
    // Nothing outside of this process can end an operation here.
  },
}

class Take extends Op<number> {
  ready: number | null

  constructor(name: string, ready: number | null) {
    super(name)
    this.ready = ready
  }

  attempt(): boolean {
    return this.ready !== null && this.done(this.ready)
  }
}

type Event = [event: string, message: TraceMessage]
let undo: (() => void)[] = []
beforeEach(() => setImmediate()) // each operation is then the first of its turn, and need not wait for the next
afterEach(() => {
  for (const f of undo) f()
  undo = []
})

/** Subscribes to a kind, and gives what is told of it. The messages are kept as they were at their event. */
function follow(kind: TracedKind): Event[] {
  const events: Event[] = []
  const note = (event: string) => (message: unknown) => {
    events.push([event, { ...(message as TraceMessage) }])
  }
  const names = ['start', 'end', 'asyncStart', 'asyncEnd', 'error']
  const subscribers = Object.fromEntries(names.map((name) => [name, note(name)]))
  const tracing = tracingChannel<unknown, object>(`@net.${kind}`)
  tracing.subscribe(subscribers as unknown as TracingChannelSubscribers<object>)
  undo.push(() => {
    tracing.unsubscribe(subscribers as unknown as TracingChannelSubscribers<object>)
  })
  return events
}

test('an operation that finds its data tells start, end and the asynchronous end, with one message', async () => {
  const events = follow('read')
  const lane = new Lane(owner)
  expect(await lane.run(new Take('read', 7))).toBe(7)
  expect(events.map(([event]) => event)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
  expect(events[0]?.[1]).toMatchObject({
    op: 'read',
    net: 'memory',
    source: { network: 'memory' },
    addr: null,
  })
  expect(events[0]?.[1]).not.toHaveProperty('result')
  expect(events[3]?.[1]).toMatchObject({ result: 7, waited: false })
})

test('an operation that waits has ended when its call returns, says that it waited, and tells its error', async () => {
  const events = follow('accept')
  const lane = new Lane(owner)
  const accepting = lane.run(new Take('accept', null))
  expect(events.map(([event]) => event)).toEqual(['start', 'end'])
  lane.close()
  const error: unknown = await accepting.catch((e: unknown) => e)
  expect(isErr(error, ErrClosed)).toBe(true)
  expect(events.map(([event]) => event)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd'])
  expect(events[4]?.[1]).toMatchObject({ op: 'accept', waited: true, error })
  expect(events[4]?.[1]).not.toHaveProperty('result')
})

test.each([
  ['writev', 'write'],
  ['readfrom', 'write'],
  ['write', 'write'],
] as const)('%s is told on the channel of %s', async (op, kind) => {
  const events = follow(kind)
  await new Lane(owner).run(new Take(op, 1))
  expect(events[0]?.[1].op).toBe(op)
})

test('close is told once for the lanes of an owner, and not when a deadline ends what waits', async () => {
  const events = follow('close')
  const mine = { ...owner }
  const [reading, writing] = [new Lane(mine), new Lane(mine)]
  const late = reading.run(new Take('read', null))
  reading.setDeadline(0)
  expect(isErr(await late.catch((e: unknown) => e), ErrDeadlineExceeded)).toBe(true)
  expect(events).toEqual([])
  reading.close()
  writing.close()
  reading.close()
  expect(events.map(([event]) => event)).toEqual(['start', 'end'])
})

test('what nobody has subscribed to is not described, and operations that have no channel just run', async () => {
  let described = 0
  const message = (): TraceMessage => {
    described++
    return { op: 'read', net: '', source: null, addr: null }
  }
  expect(await traced('read', message, () => Promise.resolve(1))).toBe(1)
  expect(described).toBe(0)
  const reads = follow('read')
  expect(await traced('read', message, () => Promise.resolve(1))).toBe(1)
  expect(described).toBe(1)
  expect(await new Lane(owner).run(new Take('close', 3))).toBe(3)
  expect(reads.length).toBe(4)
})

test('one subscriber to one event is enough, and none leaves nothing on', async () => {
  const errors: unknown[] = []
  const onError = (message: unknown): void => void errors.push(message)
  subscribe('tracing:@net.read:error', onError)
  const lane = new Lane(owner)
  expect(lane.free).toBe(false)
  expect(areLanesFree()).toBe(false)
  lane.close()
  await expect(lane.run(new Take('read', 1))).rejects.toThrow('use of closed network connection')
  expect(errors).toMatchObject([{ op: 'read', net: 'memory' }])
  unsubscribe('tracing:@net.read:error', onError)
  await setImmediate()
  expect(new Lane(owner).free).toBe(true)
  expect(areLanesFree()).toBe(true)
})

test('a store that is bound to the start is there during the operation', async () => {
  const { AsyncLocalStorage } = await import('node:async_hooks')
  const storage = new AsyncLocalStorage<string>()
  const start = channel('tracing:@net.read:start')
  start.bindStore(storage, () => 'a span')
  undo.push(() => start.unbindStore(storage))
  const seen: (string | undefined)[] = []
  const op = new (class extends Take {
    override attempt(): boolean {
      seen.push(storage.getStore())
      return super.attempt()
    }
  })('read', 1)
  await new Lane(owner).run(op)
  expect(seen).toEqual(['a span'])
})
