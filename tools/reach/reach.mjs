// Tries the packed packages on every runtime and machine that can be had, and writes what was seen to docs/reach.md.
// `reach.mjs Bun 'Node 26'` tries only those, and prints without writing.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack } from './pack.mjs'
import { mustRun } from './run.mjs'
import { readPackages, root } from './workspace.mjs'
import { failuresOf, page } from './reach_page.mjs'
import { commandOf, runtimes } from './runtimes.mjs'

/**
 * What was seen of one runtime. `version`: what it says of itself, or why it was not tried.
 * @typedef {{ name: string, version: string, echo: string, smoke: Outcome, contract: Contract[] }} Row
 * @typedef {{ passed: number, failures: string[] }} Outcome
 * @typedef {{ label: string, refused?: string, passed?: number, failures?: string[] }} Contract
 */

const scratch = mkdtempSync(join(tmpdir(), 'net-reach-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

const only = process.argv.slice(2)
const unknown = only.filter((name) => !runtimes.some((r) => r.name === name))
if (unknown.length > 0) throw new Error(`no such runtime: ${unknown.join(', ')}`)

/** A project that depends on every package's tarball, with the smoke tests and the run of the contract in it. */
async function makeProject() {
  const dir = join(scratch, 'project')
  const tarballs = join(scratch, 'tarballs')
  mkdirSync(dir)
  mkdirSync(tarballs)
  /** @type {Record<string, string>} */
  const files = {}
  for (const p of readPackages()) files[p.name] = `file:${(await pack(p, tarballs)).path}`
  const manifest = { private: true, type: 'module', dependencies: files, overrides: files }
  writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest))
  await mustRun('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--no-progress'], dir)
  // koffi's builds for other machines, which npm leaves out here.
  const builds = ['@koromix/koffi-linux-arm64@3.3.4', '@koromix/koffi-win32-x64@3.3.4']
  await mustRun('npm', ['install', '--force', '--no-save', '--no-audit', '--no-fund', ...builds], dir)
  const smoke = join(root, 'tools/release/smoke')
  for (const file of readdirSync(smoke)) cpSync(join(smoke, file), join(dir, `smoke_${file}`))
  cpSync(join(root, 'tools/release/contract/everywhere.mjs'), join(dir, 'contract.mjs'))
  cpSync(join(root, 'packages/core/test/echo.mjs'), join(dir, 'echo.mjs'))
  return dir
}

/** @param {string} dir @param {import('./runtimes.mjs').Runtime} runtime @returns {Promise<Row>} */
async function tryOne(dir, runtime) {
  /** @type {Row} */
  const row = { name: runtime.name, version: '', echo: '', smoke: { passed: 0, failures: [] }, contract: [] }
  const command = await commandOf(runtime, join(scratch, 'runtimes'))
  if (typeof command === 'string') return { ...row, version: command }
  Object.assign(process.env, runtime.env)
  const [program = '', ...args] = command
  const run = (/** @type {string} */ script) => mustRun(program, [...args, script], dir)
  writeFileSync(
    join(dir, 'version.mjs'),
    'console.log(process.versions.deno ?? process.versions.bun ?? process.version, process.arch)\n',
  )
  // The colours of a terminal are not wanted in a page.
  Object.assign(process.env, { NO_COLOR: '1' })
  row.version = lineOf(await run('version.mjs'), /^v?\d+\./)
  row.echo = await run('echo.mjs').then((text) => `over ${JSON.parse(lineOf(text, /^\{/)).name}`, firstLines)
  if (runtime.echoOnly === true) return row
  for (const file of readdirSync(dir).filter((name) => name.startsWith('smoke_'))) {
    try {
      await run(file)
      row.smoke.passed++
    } catch (e) {
      row.smoke.failures.push(`${file.slice(6, -4)}: ${firstLines(e)}`)
    }
  }
  try {
    const lines = (await run('contract.mjs')).split('\n').filter((line) => line.startsWith('{'))
    row.contract = lines.map((line) => JSON.parse(line))
  } catch (e) {
    row.contract = [{ label: 'the run of the suite', passed: 0, failures: [firstLines(e)] }]
  }
  return row
}

/** The first line that looks like what a script prints: the host may print warnings around it. @param {string} text @param {RegExp} pattern */
function lineOf(text, pattern) {
  return (
    text
      .split('\n')
      .find((line) => pattern.test(line))
      ?.trim() ?? text.trim()
  )
}

/** @param {unknown} e */
function firstLines(e) {
  const lines = String(e instanceof Error ? e.message : e)
    .split('\n')
    .filter((line) => line.trim() !== '')
  const at = lines.findIndex((line) => /Error|error|refused/.test(line) && !/exit \d/.test(line))
  return (lines[Math.max(at, 0)] ?? '').trim().slice(0, 200)
}

const dir = await makeProject()
/** @type {Row[]} */
const rows = []
for (const runtime of runtimes.filter(({ name }) => only.length === 0 || only.includes(name))) {
  const start = performance.now()
  rows.push(await tryOne(dir, runtime))
  console.log(JSON.stringify(rows.at(-1), null, 1), `${((performance.now() - start) / 1000).toFixed(0)} s`)
}
if (only.length === 0) writeFileSync(join(root, 'docs/reach.md'), page(rows, new Date()))
for (const row of rows) {
  const { known = [] } = runtimes.find(({ name }) => name === row.name) ?? {}
  const news = failuresOf(row).filter(
    (failure) => !known.some(({ failure: start }) => failure.includes(start)),
  )
  if (news.length > 0) process.exitCode = 1
  for (const failure of news) console.error(`${row.name}: ${failure}`)
}
console.log(
  `${rows.length} runtimes were tried${process.exitCode === 1 ? '; what failed anew stands above' : ''}`,
)
