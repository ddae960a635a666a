// Tries the packed packages on every runtime and machine that can be had, and writes what was seen to docs/reach.md.
// `reach.mjs Bun 'Node 26'` tries only those, and prints without writing. `--short` runs a short part of the contract's suite,
// and prints without writing too. `--page=FILE` writes the page there.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../release/workspace.mjs'
import { endWindows } from './install.mjs'
import { reasonOf } from './known.mjs'
import { page } from './page.mjs'
import { makeProject } from './project.mjs'
import { failuresOf, tryRuntime } from './row.mjs'
import { runtimes } from './runtimes.mjs'

/** @typedef {import('./row.mjs').Row} Row */

const atOnce = 2

const { values, positionals: only } = parseArgs({
  options: { short: { type: 'boolean', default: false }, page: { type: 'string' } },
  allowPositionals: true,
})
const { short } = values
const unknown = only.filter((name) => !runtimes.some((r) => r.name === name))
if (unknown.length > 0) throw new Error(`no such runtime: ${unknown.join(', ')}`)

const scratch = mkdtempSync(join(tmpdir(), 'net-reach-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

const project = await makeProject(scratch)
const dir = join(scratch, 'runtimes')
mkdirSync(dir)
const chosen = runtimes.filter(({ name }) => only.length === 0 || only.includes(name))
/** @type {Map<string, Row>} */
const rows = new Map()
// What takes longest stands last in the table and goes first here.
const waiting = chosen.toReversed()
const limit = short ? 600_000 : 3_600_000
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (let runtime = waiting.shift(); runtime !== undefined; runtime = waiting.shift()) {
      const start = performance.now()
      const row = await tryRuntime(project, runtime, { dir, short, limit })
      rows.set(row.name, row)
      console.log(`${((performance.now() - start) / 1000).toFixed(0)} s ${JSON.stringify(row)}`)
    }
  }),
).finally(() => endWindows(dir))

const seen = chosen.flatMap(({ name }) => rows.get(name) ?? [])
const file = values.page ?? (only.length === 0 && !short ? join(root, 'docs/reach.md') : null)
if (file !== null) writeFileSync(file, page(seen, { date: new Date(), short }))
for (const row of seen) {
  for (const failure of failuresOf(row)) {
    const reason = reasonOf(row.name, failure)
    if (reason === null) process.exitCode = 1
    console.log(`${row.name}: ${failure} (${reason ?? 'NEW'})`)
  }
}
console.log(
  `${seen.length} runtimes were tried${process.exitCode === 1 ? '; what failed anew is marked NEW' : ''}`,
)
