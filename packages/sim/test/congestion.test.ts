import { expect, test } from 'vitest'
import { Congestion } from '../src/tcp/congestion.ts'

const MSS = 1000

/** A window that was full, from whose ten segments the first is lost. */
function afterLoss(): Congestion {
  const congestion = new Congestion(MSS)
  for (const extra of [1, 2]) {
    expect(congestion.duplicate(0, 10 * MSS, 10 * MSS)).toBe(false)
    expect(congestion.extra).toBe(extra * MSS) // limited transmit
  }
  expect(congestion.duplicate(0, 10 * MSS, 10 * MSS)).toBe(true)
  return congestion
}

test('it begins with ten segments, and slow start adds what is acknowledged, two segments at most', () => {
  const congestion = new Congestion(MSS)
  expect(congestion.window).toBe(10 * MSS)
  for (let i = 1; i <= 10; i++) congestion.acked(i * MSS, MSS, 0)
  expect(congestion.window).toBe(20 * MSS)
  congestion.acked(20 * MSS, 10 * MSS, 0)
  expect(congestion.window).toBe(22 * MSS)
})

test('three duplicates send the segment again and halve the window; each more lets a segment go', () => {
  const congestion = afterLoss()
  expect([congestion.recovering, congestion.window, congestion.extra]).toEqual([true, 8 * MSS, 0])
  expect(congestion.duplicate(0, 10 * MSS, 10 * MSS)).toBe(false)
  expect(congestion.window).toBe(9 * MSS)
})

test('a part that is acknowledged in recovery shows the next loss, all of it ends recovery at half the window', () => {
  const congestion = afterLoss()
  expect(congestion.acked(4 * MSS, 4 * MSS, 6 * MSS)).toBe(true)
  expect([congestion.recovering, congestion.window]).toEqual([true, 5 * MSS])
  expect(congestion.acked(10 * MSS, 6 * MSS, 0)).toBe(false)
  expect([congestion.recovering, congestion.window]).toEqual([false, 2 * MSS])
})

test('behind the threshold a whole window that is acknowledged adds one segment', () => {
  const congestion = afterLoss()
  congestion.acked(10 * MSS, 10 * MSS, 10 * MSS)
  expect(congestion.window).toBe(5 * MSS) // the threshold
  for (let i = 0; i < 5; i++) congestion.acked(11 * MSS, MSS, 0)
  expect(congestion.window).toBeGreaterThan(5.8 * MSS)
  expect(congestion.window).toBeLessThanOrEqual(6 * MSS)
})

test('a time-out begins again with one segment, and slow start goes to half of what was under way', () => {
  const congestion = new Congestion(MSS)
  congestion.timedOut(10 * MSS, 10 * MSS, true)
  expect(congestion.window).toBe(MSS)
  for (let i = 1; i <= 4; i++) congestion.acked(i * MSS, MSS, 0)
  expect(congestion.window).toBe(5 * MSS)
  congestion.acked(5 * MSS, MSS, 0)
  expect(congestion.window).toBe(5 * MSS + MSS / 5)
  // A second time-out of the same segment leaves the threshold as it is.
  congestion.timedOut(10 * MSS, MSS, false)
  for (let i = 1; i <= 4; i++) congestion.acked(i * MSS, MSS, 0)
  expect(congestion.window).toBe(5 * MSS)
})
