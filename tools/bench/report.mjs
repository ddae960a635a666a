// BENCHMARKS.md, written and read.
import { cpus, release } from 'node:os'
import { figures as heads } from './figures.mjs'
import { digits, table } from './stats.mjs'

const machine = `${process.platform} ${release()}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? process.arch}`

/** `20.1 ±6% (0.461)`: the median, half the way from the lowest round to the highest, and the ratio to the base. */
function cell({ value, ratio }, { once }) {
  if (value === null) return '–'
  const share = value.median === 0 ? 0 : Math.abs(value.spread / 2 / value.median) * 100
  const about = once ? '' : ` ±${share.toFixed(0)}%`
  return digits(value.median) + about + (ratio === null ? '' : ` (${digits(ratio.median)})`)
}

/** What a cell tells: its value and its ratio, either null where there is none. */
function readCell(text) {
  const [, value, ratio] = /^(-?[\d.]+)(?: ±\d+%)?(?: \((-?[\d.]+)\))?$/.exec(text) ?? []
  return {
    value: value === undefined ? null : Number(value),
    ratio: ratio === undefined ? null : Number(ratio),
  }
}

/** The section of a row; `failures` are the contestants that failed, with the reason. */
export function section({ id, title, note, figures, base }, results, failures = []) {
  const head = [base === null ? '' : `(of ${base})`, ...figures.map((figure) => heads[figure].head)]
  const rows = results.map((result) => [
    result.name,
    ...figures.map((figure) => cell(result.figures[figure], heads[figure])),
  ])
  const failed = failures.map(({ name, reason }) => `\n${name} failed: ${reason}.\n`)
  return `\n## ${title}\n\n${note} Row \`${id}\`.\n\n${table([head, ...rows])}\n${failed.join('')}`
}

/** The section of a row that cannot be run here. */
export function absentSection({ id, title, note }, reason) {
  return `\n## ${title}\n\n${note} Row \`${id}\`.\n\nNot run: ${reason}.\n`
}

/** What stands above the rows: how they came about, on which machine, with which versions, and when. */
export function heading({ rounds, ms, versions, absent, enclosed, counting }) {
  const lines = [
    `Node and its peers in turn, ${rounds} rounds each, about ${ms} ms a measurement, over loopback${enclosed ? ' of a network namespace' : ''}; each side in a process of its own.`,
    'A figure is the median of the rounds, ± half the way from the lowest to the highest of them, and in parentheses its ratio to',
    'that of the row’s base, the median of the ratios round by round. Read the ratios: absolute figures differ from machine to',
    'machine and from minute to minute. Processor time is the kernel’s account of the process, system calls are counted by',
    counting === null ? 'strace in a run of their own.' : `strace, which could not be here: ${counting}.`,
  ]
  return [
    '# Benchmarks',
    '',
    `Written by \`npx -y pnpm@12.21.0 bench --write\` on ${new Date().toISOString().slice(0, 10)}.`,
    ...lines,
    '',
    `- Machine: ${machine}`,
    ...versions.map((version) => `- ${version}`),
    ...absent.map((line) => `- ${line}`),
    '',
  ].join('\n')
}

/** Reads sections: title, contestant and head of the column give what the cell tells; and whether it was this machine. */
export function readReport(text) {
  const cells = new Map()
  let title = ''
  let columns = null
  for (const line of text.split('\n')) {
    if (line.startsWith('## ')) {
      title = line.slice(3)
      columns = null
    }
    if (!line.startsWith('| ')) continue
    const [name, ...values] = line.slice(2, -2).split(' | ')
    if (columns === null) columns = values
    else
      for (const [i, value] of values.entries())
        cells.set(`${title}\n${name}\n${columns[i]}`, readCell(value))
  }
  const ofThisMachine = text.includes(`- Machine: ${machine}\n`)
  return {
    ofThisMachine,
    get: (row, contestant, figure) => cells.get(`${row}\n${contestant}\n${figure}`) ?? null,
  }
}
