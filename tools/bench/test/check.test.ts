import { expect, test } from 'vitest'
import { compare } from '../check.mjs'
import { heading, readReport, section } from '../report.mjs'

const row = {
  id: 'echo/100',
  title: 'Echo on 100 connections',
  note: 'Each with one message under way.',
  figures: ['rate', 'cpu'],
  base: 'node:*',
}

/** Results of a row: the ratio of our rate to the base, with a spread over the rounds, and our processor time. */
function results(ratio: number, spread: number, cpu: number) {
  const of = (median: number, about = 0) => ({ median, spread: about })
  return [
    {
      name: 'node:*',
      own: false,
      figures: { rate: { value: of(20), ratio: null }, cpu: { value: of(40), ratio: null } },
    },
    {
      name: 'ours',
      own: true,
      figures: {
        rate: { value: of(20 * ratio, 20 * spread), ratio: of(ratio, spread) },
        cpu: { value: of(cpu), ratio: of(cpu / 40) },
      },
    },
  ]
}

const report = readReport(section(row, results(2, 0.1, 20)))

test('a report is read as it was written', () => {
  expect(section(row, results(2, 0.1, 20))).toContain('| ours | 40.0 ±3% (2.00) | 20.0 ±0% (0.500) |')
  expect(report.get(row.title, 'ours', 'thousands a second')).toEqual({ value: 40, ratio: 2 })
  expect(report.get(row.title, 'node:*', 'CPU, µs')).toEqual({ value: 40, ratio: null })
  expect(report.get(row.title, 'theirs', 'CPU, µs')).toBeNull()
})

test('compare() names what got worse by more than the spread of the run', () => {
  expect(compare(row, results(1.8, 0.1, 20), report)).toEqual({
    compared: 2,
    worse: ['echo/100, ours: thousands a second: a ratio of 1.80 where it was 2.00, with a spread of 0.100'],
  })
  expect(compare(row, results(2, 0.1, 21), report).worse).toHaveLength(1)
})

test('compare() lets pass what is better, and what the spread explains', () => {
  expect(compare(row, results(2.5, 0.1, 10), report)).toEqual({ compared: 2, worse: [] })
  expect(compare(row, results(1.95, 0.1, 20), report)).toEqual({ compared: 2, worse: [] })
})

test('compare() leaves out values of another machine, and what has no spread', () => {
  const alone = { ...row, base: null, figures: ['rate', 'calls'] }
  const of = (median: number) => ({ value: { median, spread: 0 }, ratio: null })
  const ours = (rate: number, calls: number) => [
    { name: 'ours', own: true, figures: { rate: of(rate), calls: of(calls) } },
  ]
  const about = { rounds: 1, ms: 1, versions: [], absent: [], enclosed: true, counting: null }
  const told = section(alone, ours(30, 3))
  expect(told).toContain('| ours | 30.0 ±0% | 3.00 |')
  const here = readReport(heading(about) + told)
  expect(compare(alone, ours(20, 4), here)).toMatchObject({
    compared: 1,
    worse: [expect.stringContaining('a value of 20.0 where it was 30.0')],
  })
  expect(compare(alone, ours(20, 4), readReport(told))).toEqual({ compared: 0, worse: [] })
})

test('compare() counts nothing where the report has no such row', () => {
  expect(compare({ ...row, title: 'Another' }, results(1, 0, 90), report)).toEqual({ compared: 0, worse: [] })
})
