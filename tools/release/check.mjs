// Packs every package and tries each tarball alone, outside the workspace, as a user would get it.
// `check.mjs addr posix` tries only those.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack } from './pack.mjs'
import { steps } from './steps.mjs'
import { printTable } from './table.mjs'
import { readPackages } from './workspace.mjs'

/** @typedef {import('./workspace.mjs').Package} Package */

const jobsAtOnce = 2

const all = readPackages()
const only = process.argv.slice(2)
const unknown = only.filter((short) => !all.some((p) => p.short === short))
if (unknown.length > 0) throw new Error(`no such package: ${unknown.join(', ')}`)

const scratch = mkdtempSync(join(tmpdir(), 'net-release-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

/** @type {Map<string, import('./pack.mjs').Tarball>} */
const packed = new Map()
mkdirSync(join(scratch, 'tarballs'))
for (const p of all) packed.set(p.name, await pack(p, join(scratch, 'tarballs')))
const tarballs = new Map([...packed].map(([name, tarball]) => [name, tarball.path]))

/** @type {string[]} */
const failures = []

/** Takes one package through the steps. A failed install ends them. @param {Package} p @returns {Promise<string[]>} a row of the table */
async function check(p) {
  const start = performance.now()
  const job = {
    package: p,
    all,
    tarballs,
    files: packed.get(p.name)?.files ?? [],
    dir: join(scratch, p.short),
    exported: 0,
  }
  const row = [p.name]
  for (const [heading, step] of steps) {
    try {
      row.push(await step(job))
    } catch (error) {
      row.push('FAILED')
      failures.push(`${p.name}: ${heading}: ${error instanceof Error ? error.message : error}`)
      if (heading === 'install') break
    }
  }
  while (row.length <= steps.length) row.push('')
  return [...row, ((performance.now() - start) / 1000).toFixed(1)]
}

const queue = all.filter((p) => only.length === 0 || only.includes(p.short))
/** @type {Map<Package, string[]>} */
const rows = new Map(queue.map((p) => [p, []]))
const pending = [...queue]
await Promise.all(
  Array.from({ length: jobsAtOnce }, async () => {
    for (let p = pending.shift(); p !== undefined; p = pending.shift()) rows.set(p, await check(p))
  }),
)

printTable(['package', ...steps.map(([heading]) => heading), 's'], [...rows.values()])
for (const failure of failures) console.error(`\n${failure}`)
const failed = new Set(failures.map((failure) => failure.split(':')[0])).size
console.log(`\n${queue.length - failed} of ${queue.length} packages can be released`)
process.exitCode = failed === 0 ? 0 : 1
