import { targets as table, type Supply } from '@net/core'
import { define } from '../session/command.ts'

/** `netx targets`: prints which package supplies each group of functions on each target. */
export const targets = define({
  name: 'targets',
  summary: 'show which package supplies what on which target',
  description:
    'Shows, for each group of functions and each target, the package that supplies it, or the error with which it is refused.',
  options: () => [],
  timeout: 'how long it may take',
  examples: [
    ['netx targets', 'shows the table'],
    ['netx targets --json', 'gives an object for each group'],
  ],
  async work(session) {
    const entries = Object.entries(table)
    const groups = Object.keys(table.linux) as (keyof typeof table.linux)[]
    const titles = ['', ...entries.map(([name]) => name)]
    const rows = groups.map((group) => [group, ...entries.map(([, target]) => cell(target[group]))])
    const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
    const line = (row: readonly string[]): string =>
      row
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()
    session.head(line(titles))
    for (const row of rows) {
      const supplies = Object.fromEntries(titles.map((title, i) => [title === '' ? 'group' : title, row[i]]))
      session.answer([line(row)], supplies)
    }
  },
})

function cell({ from, refuses }: Supply): string {
  return refuses ?? from
}
