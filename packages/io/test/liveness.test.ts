import { expect, test } from 'vitest'
import { Liveness } from '../src/index.ts'

function counted(): { handle: Liveness; calls: string[] } {
  const calls: string[] = []
  return { handle: new Liveness({ ref: () => calls.push('ref'), unref: () => calls.push('unref') }), calls }
}

test('Liveness keeps the process alive from the first that waits to the last', () => {
  const { handle, calls } = counted()
  handle.waiting(1)
  handle.waiting(1)
  handle.waiting(-1)
  expect(calls).toEqual(['ref'])
  handle.waiting(-1)
  expect(calls).toEqual(['ref', 'unref'])
})

test('Liveness.unref() lets go although something waits, and ref() takes that back', () => {
  const { handle, calls } = counted()
  handle.waiting(1)
  handle.unref()
  handle.unref()
  handle.ref()
  handle.ref()
  expect(calls).toEqual(['ref', 'unref', 'ref'])
  handle.waiting(-1)
  handle.unref()
  handle.waiting(1)
  handle.waiting(-1)
  expect(calls).toEqual(['ref', 'unref', 'ref', 'unref'])
})

test('Liveness.stop() lets go for good', () => {
  const { handle, calls } = counted()
  handle.waiting(1)
  handle.stop()
  handle.ref()
  handle.waiting(1)
  expect(calls).toEqual(['ref', 'unref'])
})
