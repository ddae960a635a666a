import { expect, test } from 'vitest'
import { countsOf, readGaps, readReached } from '../doc_counts.mjs'

// `node tools/release/doc_counts.mjs` names every place; with --write it notes the numbers that were reached.
const kinds = ['promises', 'setters', 'numbers', 'examples'] as const
const gaps = readGaps()
const counts = countsOf(gaps)
const reached = readReached()

test('every package has its counts', () => {
  expect(Object.keys(counts)).toEqual(Object.keys(reached))
})

test.each(kinds)('no package leaves out more %s than it did', (kind) => {
  const more = Object.entries(counts).flatMap(([short, count]) =>
    count[kind] > (reached[short]?.[kind] ?? 0) ? [`${short}: ${gaps[short]?.[kind].join(', ') ?? ''}`] : [],
  )
  expect(more).toEqual([])
})
