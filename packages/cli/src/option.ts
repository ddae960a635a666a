import { UsageError } from './usage.ts'

/** How long datagrams are waited for after the input's end, in milliseconds. */
export const WAIT = 1000

/** The value of an option that is a number of milliseconds. */
export function milliseconds(name: string, value: string | undefined, absent: number): number {
  if (value === undefined) return absent
  if (!/^\d+$/.test(value)) throw new UsageError(`--${name} wants a number of milliseconds`)
  return Number(value)
}
