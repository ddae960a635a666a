import { targets as table, type Supply } from '@net/core'
import type { Terminal } from './exchange.ts'
import { UsageError } from './usage.ts'

/** `netx targets`: prints which package supplies each group of functions on each target. */
export async function targets(args: string[], { output }: Terminal): Promise<void> {
  if (args.length > 0) throw new UsageError('targets wants no arguments')
  const entries = Object.entries(table)
  const groups = Object.keys(table.linux) as (keyof typeof table.linux)[]
  const rows = [
    ['', ...entries.map(([name]) => name)],
    ...groups.map((group) => [group, ...entries.map(([, target]) => cell(target[group]))]),
  ]
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  for (const row of rows) {
    const line = row.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  ')
    output.write(`${line.trimEnd()}\n`)
  }
}

function cell({ from, refuses }: Supply): string {
  return refuses ?? from
}
