// Runs the benchmarks and prints them as Markdown.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { enclose, isEnclosed } from '@net/peers'
import { compare } from './check.mjs'
import { findPrograms, floor } from './programs.mjs'
import { absentSection, heading, readReport, section } from './report.mjs'
import { FULL } from './round.mjs'
import { runRow } from './row.mjs'
import { countingRefused } from './usage.mjs'

const file = new URL('../../BENCHMARKS.md', import.meta.url)
const scenarios = [
  'round_trip',
  'echo',
  'one_way',
  'file',
  'accept',
  'dial',
  'lookup',
  'datagram',
  'idle',
  'spin',
  'parse',
  'import',
  'netfs',
  'messages',
  'conversations',
  'sim',
]

const USAGE = `Usage: bench [options] [row...]

Runs the benchmarks and prints them as Markdown: all rows, or those whose names begin with what the arguments say.

  --list       names the rows
  --write      keeps the result in BENCHMARKS.md
  --check      compares the result with BENCHMARKS.md, and fails when a row of ours got worse
  --quick      less of each, to see that all works: its figures mean little
  --floor      measures programs that do nothing but what cannot be left out beside node:*, ours and C, and what a
               call costs (docs/floors.md)
  --rounds N   rounds of each row, seven unless told otherwise
  --ms N       milliseconds of a measurement
  --help       prints this`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean' },
    write: { type: 'boolean' },
    check: { type: 'boolean' },
    quick: { type: 'boolean' },
    floor: { type: 'boolean' },
    rounds: { type: 'string' },
    ms: { type: 'string' },
    help: { type: 'boolean' },
  },
})

/** The implementations that a floor is compared with. */
const beside = ['node:*', 'ours', 'C epoll']

async function rowsOf({ programs, ...options }) {
  const names = values.floor ? ['costs', ...scenarios] : scenarios
  const measured = values.floor
    ? [...programs.filter(({ name }) => beside.includes(name)), ...floor]
    : programs
  const rooms = await Promise.all(names.map((name) => import(`./scenario/${name}.mjs`)))
  return rooms.flatMap((room) => room.rows({ programs: measured, hasFloor: values.floor, ...options }))
}

const seconds = (start) => ((performance.now() - start) / 1000).toFixed(0)

/** Runs the rows and gives the report, how each row compares with the one before, and whether ours failed anywhere. */
async function run(rows, found, options) {
  const counting = countingRefused()
  let text = heading({ ...options, ...found, enclosed: isEnclosed(), counting })
  process.stdout.write(text)
  const before = readReport(readFileSync(file, 'utf8'))
  const comparisons = []
  let failed = false
  for (const row of rows) {
    const start = performance.now()
    const reason = row.refused?.() ?? null
    let part
    if (reason === null) {
      const { load, directory } = found
      const measuring = { ...options, load, directory, countsCalls: counting === null }
      const { results, failures } = await runRow(row, measuring)
      part = section(row, results, failures)
      comparisons.push({ id: row.id, ...compare(row, results, before) })
      failed ||= failures.some(({ own }) => own)
    } else part = absentSection(row, reason)
    process.stdout.write(part)
    text += part
    console.error(`${row.id} in ${seconds(start)} s`)
  }
  return { text, comparisons, failed }
}

/** Says what got worse and what could not be compared; gives whether all is as good as it was. */
function holds(comparisons) {
  const compared = comparisons.reduce((sum, row) => sum + row.compared, 0)
  const worse = comparisons.flatMap((row) => row.worse)
  for (const line of worse) console.log(`worse: ${line}`)
  const unknown = comparisons.filter((row) => row.compared === 0).map(({ id }) => id)
  if (unknown.length > 0) console.log(`BENCHMARKS.md has nothing of ours in: ${unknown.join(', ')}`)
  console.log(`${compared} figures of ours compared with BENCHMARKS.md, ${worse.length} of them worse`)
  return compared > 0 && worse.length === 0
}

async function list() {
  for (const { id, title } of await rowsOf({ programs: [], atEnd: () => {} }))
    console.log(`${id.padEnd(24)}${title}`)
}

async function main() {
  const ends = []
  const found = findPrograms()
  if (found.load === null)
    throw new Error('the sides that load the others are in C: there is no cc, and none in BENCH_CC')
  try {
    const all = await rowsOf({ programs: found.programs, atEnd: (end) => ends.push(end) })
    const rows =
      positionals.length === 0 ? all : all.filter(({ id }) => positionals.some((name) => id.startsWith(name)))
    if (rows.length === 0) throw new Error(`no row is called ${positionals.join(', ')}: --list names them`)
    if (values.write && (rows.length < all.length || values.quick || values.floor))
      throw new Error('BENCHMARKS.md is written by a full run')
    const rounds = Number(values.rounds ?? (values.quick ? 3 : 7))
    const start = performance.now()
    const ms = Number(values.ms ?? (values.quick ? FULL / 4 : FULL))
    const { text, comparisons, failed } = await run(rows, found, { rounds, ms })
    console.error(`${rows.length} rows in ${seconds(start)} s`)
    if (values.write) writeFileSync(file, text)
    if (failed || (values.check && !holds(comparisons))) process.exitCode = 1
  } finally {
    for (const end of ends) await end()
  }
}

/** Whether this system makes networks of one's own, and what sets them up is here. */
function canEnclose() {
  const user = process.getuid() === 0 ? [] : ['--map-root-user']
  const made = spawnSync('unshare', ['--net', ...user, 'ip', 'link', 'set', 'lo', 'up'])
  return made.status === 0
}

process.once('SIGINT', () => process.exit(130)) // with what is to be removed at the end
if (values.help) console.log(USAGE)
else if (values.list) await list()
else if (!canEnclose() || (await enclose())) await main()
