import type { MX } from '@net/contract'
import { randomInt } from './random.ts'

/**
 * Sorts MX records in place, by preference, and in random order among equal ones (RFC 5321 section 5.1).
 * Gives the array back.
 *
 * @example
 * ```ts
 * import { byPref } from '@net/resolve'
 *
 * const records = [
 *   { host: 'second.example.com.', pref: 20 },
 *   { host: 'first.example.com.', pref: 10 },
 * ]
 * console.log(byPref(records)[0]?.host) // first.example.com.
 * ```
 */
export function byPref(records: MX[]): MX[] {
  for (let i = records.length - 1; i > 0; i--) {
    const j = randomInt(i + 1)
    const [a, b] = [records[i], records[j]]
    if (a !== undefined && b !== undefined) [records[i], records[j]] = [b, a]
  }
  return records.sort((a, b) => a.pref - b.pref)
}
