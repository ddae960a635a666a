// Tries programs that people have over each stack, and writes what was seen to docs/clients.md. `run.mjs pg ws` tries only those whose
// names begin so, and `--check` all of them; neither writes.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mariadbPath, postgresPath, redisPath, startMariaDB, startPostgres, startRedis } from '@net/peers'
import { printTable } from '../release/table.mjs'
import { root } from '../release/workspace.mjs'
import { page } from './page.mjs'
import { programs as databases } from './programs/databases.mjs'
import { programs as http } from './programs/http.mjs'
import { programs as others } from './programs/others.mjs'
import { stacks } from './stacks.mjs'

/** What was seen of a program: a word for each stack. @typedef {{ program: import('./program.mjs').Program, cells: string[] }} Row */

const limit = 60_000 // milliseconds for a program over a stack, after which it is taken for stuck

const { values, positionals: only } = parseArgs({
  options: { check: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const chosen = [...http, ...databases, ...others].filter(
  ({ name }) => only.length === 0 || only.some((start) => name.startsWith(start)),
)
if (chosen.length === 0) throw new Error(`no program is named ${only.join(' or ')}`)

const wanted = new Set(chosen.map(({ server }) => server))
/** @type {Map<string | undefined, import('@net/peers').ServerProcess>} */
const servers = new Map()
if (wanted.has('postgresql') && postgresPath !== null)
  servers.set('postgresql', await startPostgres(postgresPath))
if (wanted.has('mariadb') && mariadbPath !== null) servers.set('mariadb', await startMariaDB(mariadbPath))
if (wanted.has('redis') && redisPath !== null) servers.set('redis', await startRedis(redisPath))

/** @type {string[]} */
const failures = []
/** @type {Row[]} */
const rows = chosen.map((program) => ({ program, cells: [] }))
for (const [name, open] of stacks) {
  const stack = await open()
  for (const { program, cells } of rows) {
    const server = servers.get(program.server)
    if (program.server !== undefined && server === undefined) {
      cells.push(`needs ${program.server}`)
      continue
    }
    try {
      await withinLimit(program.run(stack.net, server?.port ?? 0))
      cells.push('passes')
    } catch (e) {
      cells.push('fails')
      failures.push(`${program.name} over ${name}: ${e instanceof Error ? e.stack : e}`)
    }
  }
  await stack.close()
}
for (const server of servers.values()) await server[Symbol.asyncDispose]()

/** @param {Promise<void>} work */
async function withinLimit(work) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const stuck = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('it is stuck')), limit)
  })
  await Promise.race([work, stuck]).finally(() => clearTimeout(timer))
}

printTable(
  ['program', ...stacks.map(([name]) => name)],
  rows.map(({ program, cells }) => [program.name, ...cells]),
)
for (const failure of failures) console.error(`\n${failure}`)
if (!values.check && only.length === 0) {
  writeFileSync(join(root, 'docs/clients.md'), page(rows, new Date()))
}
process.exitCode = failures.length === 0 ? 0 : 1
