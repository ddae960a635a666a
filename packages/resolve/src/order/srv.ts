import type { SRV } from '@net/contract'
import { randomInt } from './random.ts'

/**
 * Sorts SRV records in place, by priority, and within a priority in random order in which the chance to
 * stand first is a record's share of the weights (RFC 2782). Gives the array back.
 *
 * @example
 * ```ts
 * import { byPriorityWeight } from '@net/resolve'
 *
 * const records = [
 *   { target: 'backup.example.com.', port: 443, priority: 2, weight: 0 },
 *   { target: 'main.example.com.', port: 443, priority: 1, weight: 0 },
 * ]
 * console.log(byPriorityWeight(records)[0]?.target) // main.example.com.
 * ```
 */
export function byPriorityWeight(records: SRV[]): SRV[] {
  records.sort((a, b) => a.priority - b.priority || a.weight - b.weight)
  for (let start = 0, end = 1; end <= records.length; end++) {
    if (end < records.length && records[end]?.priority === records[start]?.priority) continue
    shuffleByWeight(records, start, end)
    start = end
  }
  return records
}

function shuffleByWeight(records: SRV[], start: number, end: number): void {
  let sum = 0
  for (let i = start; i < end; i++) sum += records[i]?.weight ?? 0
  for (; sum > 0 && end - start > 1; start++) {
    const mark = randomInt(sum)
    let i = start
    for (let s = records[i]?.weight ?? 0; s <= mark; s += records[i]?.weight ?? 0) i++
    const [first, chosen] = [records[start], records[i]]
    if (first === undefined || chosen === undefined) return
    records[start] = chosen
    records[i] = first
    sum -= chosen.weight
  }
}
