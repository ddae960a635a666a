import type { MX } from '@net/contract'
import { expect, test } from 'vitest'
import { byPref } from '../src/order/mx.ts'
import { expectSameSpread, positions } from './spread.ts'
import { vectors } from './vectors.ts'

interface Out {
  positions: Record<string, number[]>
  deterministic: string[] | null
}

test.each(vectors<{ records: MX[]; trials: number }, Out>('mx_sort'))(
  'byPref() orders as Go does ($tag)',
  ({ in: { records, trials }, out }) => {
    const names = records.map((r) => r.host)
    const got = positions(trials, names, () => byPref([...records]).map((r) => r.host))
    for (const [host, want] of Object.entries(out.positions)) {
      want.forEach((count, i) => {
        expectSameSpread(got.get(host)?.[i] ?? 0, count, trials)
      })
    }
    if (out.deterministic !== null) expect(byPref([...records]).map((r) => r.host)).toEqual(out.deterministic)
  },
)
