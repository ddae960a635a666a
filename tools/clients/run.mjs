// Tries programs that people have over each stack, and writes what was seen to docs/clients.md. `run.mjs pg ws` tries only those whose
// names begin so, and `--check` all of them; neither writes.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { printTable } from '../release/table.mjs'
import { root } from '../release/workspace.mjs'
import { page } from './page.mjs'
import { programs as databases } from './programs/databases.mjs'
import { programs as http } from './programs/http.mjs'
import { programs as messages } from './programs/messages.mjs'
import { programs as others } from './programs/others.mjs'
import { certificate, starters } from './servers.mjs'
import { stacks } from './stacks.mjs'

/** @typedef {import('./program.mjs').Program} Program */

/** What was seen of a program: a word for each stack. @typedef {{ program: Program, cells: string[] }} Row */

const limit = 60_000 // milliseconds for a program over a stack, after which it is taken for stuck

const { values, positionals: only } = parseArgs({
  options: { check: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const chosen = [...http, ...databases, ...others, ...messages].filter(
  ({ name }) => only.length === 0 || only.some((start) => name.startsWith(start)),
)
if (chosen.length === 0) throw new Error(`no program is named ${only.join(' or ')}`)

/** @type {Map<string, import('@net/peers').ServerProcess>} */
const servers = new Map()
for (const [name, start] of Object.entries(starters)) {
  if (start && chosen.some(({ server }) => server === name)) servers.set(name, await start())
}

/** @type {string[]} */
const failures = []
/** @type {Row[]} */
const rows = chosen.map((program) => ({ program, cells: [] }))
for (const [name, open] of stacks) {
  const stack = await open()
  for (const { program, cells } of rows) cells.push(await tried(program, name, stack.net))
  await stack.close()
}
for (const server of servers.values()) await server[Symbol.asyncDispose]()

/** Tries a program over a stack, and gives what was seen in a word. @param {Program} program @param {import('./stacks.mjs').StackName} stack @param {import('@net/core').Net} net */
async function tried({ name, server, tls = false, lacks = {}, run }, stack, net) {
  const missing = lacks[stack]
  if (missing !== undefined) return missing
  const running = server && servers.get(server)
  if (server !== undefined && running === undefined) return `needs ${server}`
  if (tls && certificate === null) return 'needs openssl'
  const { port, dir } = running ?? { port: 0, dir: '' }
  try {
    await withinLimit(run(net, { port, dir, tls: certificate ?? { cert: '', key: '' } }))
    return 'passes'
  } catch (e) {
    failures.push(`${name} over ${stack}: ${e instanceof Error ? e.stack : e}`)
    return 'fails'
  }
}

/** Waits for a program, which may also fail by an 'error' that nobody listens for. @param {Promise<void>} work */
async function withinLimit(work) {
  const failed = new AbortController()
  const fail = (/** @type {unknown} */ e) => failed.abort(e)
  const timer = setTimeout(() => fail(new Error('it is stuck')), limit)
  process.on('uncaughtException', fail)
  const failure = once(failed.signal, 'abort').then(() => failed.signal.throwIfAborted())
  await Promise.race([work, failure]).finally(() => {
    clearTimeout(timer)
    process.off('uncaughtException', fail)
  })
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
