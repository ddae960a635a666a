import type { SRV } from '@net/contract'
import { expect, test } from 'vitest'
import { byPriorityWeight } from '../src/order/srv.ts'
import { expectProbability, expectSameSpread, positions } from './spread.ts'
import { vectors } from './vectors.ts'

interface Out {
  positions: Record<string, number[]>
  first: Record<string, number | null>
  deterministic: string[] | null
}

test.each(vectors<{ records: SRV[]; trials: number }, Out>('srv_sort'))(
  'byPriorityWeight() spreads the load as Go does ($tag)',
  ({ in: { records, trials }, out }) => {
    const names = records.map((r) => r.target)
    const got = positions(trials, names, () => byPriorityWeight([...records]).map((r) => r.target))
    const shared = new Set(names.filter((n, i) => names.indexOf(n) !== i))
    for (const [target, want] of Object.entries(out.positions)) {
      want.forEach((count, i) => {
        expectSameSpread(got.get(target)?.[i] ?? 0, count, trials)
      })
    }
    for (const r of records) {
      const p = out.first[r.target]
      const before = records.filter((x) => x.priority < r.priority).length
      if (typeof p !== 'number' || shared.has(r.target)) continue
      expectProbability(got.get(r.target)?.[before] ?? 0, p, trials)
    }
    if (out.deterministic !== null) {
      expect(byPriorityWeight([...records]).map((r) => r.target)).toEqual(out.deterministic)
    }
  },
)
