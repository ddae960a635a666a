import { spawn } from 'node:child_process'
import { closeSync, cpSync, openSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { bundledEcho } from './bundle.mjs'
import { install } from './install.mjs'

/**
 * What was seen of one runtime. `version`: what it says of itself, or why it was not tried. `echo`: the stack that an echo went
 * over, or what failed.
 * @typedef {{ name: string, version: string, echo: string, smoke: Outcome, contract: Contract[] }} Row
 * @typedef {{ passed: number, failures: string[] }} Outcome
 * @typedef {{ label: string, refused?: string, passed?: number, failures?: string[] }} Contract
 */

/** The smoke tests that a short run tries where starting takes long. */
const FEW = ['smoke_core.mjs', 'smoke_node.mjs', 'smoke_posix.mjs']

/**
 * Tries one runtime, in a copy of the project of its own.
 * @param {string} project @param {import('./runtimes.mjs').Runtime} runtime
 * @param {{ dir: string, short: boolean, limit: number }} options `dir`: a folder for runtimes; `short`: the short part of the
 * contract's suite; `limit`: what one script may take, in milliseconds
 * @returns {Promise<Row>}
 */
export async function tryRuntime(project, runtime, { dir, short, limit }) {
  /** @type {Row} */
  const row = { name: runtime.name, version: '', echo: '', smoke: { passed: 0, failures: [] }, contract: [] }
  const installed = await install(runtime, dir)
  if (typeof installed === 'string') return { ...row, version: installed }
  const { program, args } = installed
  const cwd = join(dir, `${runtime.name.replace(/\W+/g, '_')}_project`)
  cpSync(project, cwd, { recursive: true, verbatimSymlinks: true })
  const outputFile = join(dir, `${runtime.name.replace(/\W+/g, '_')}.txt`)
  const run = (/** @type {string[]} */ ...script) =>
    runToFile(program, [...args, ...script], { cwd, outputFile, limit })
  if (runtime.bundle !== undefined) {
    row.version = await run('--version').then((text) => text.trim(), firstLine)
    return { ...row, echo: await bundledEcho(program, runtime.bundle, cwd).catch(firstLine) }
  }
  row.version = await run('version.mjs').then((text) => lineOf(text, /^v?\d+\./), firstLine)
  row.echo = await run('echo.mjs').then((text) => `over ${JSON.parse(lineOf(text, /^\{/)).name}`, firstLine)
  if (runtime.echoOnly === true) return row
  const all = readdirSync(project).filter((name) => name.startsWith('smoke_'))
  for (const file of short && runtime.slow === true ? FEW : all) {
    try {
      await run(file)
      row.smoke.passed++
    } catch (e) {
      row.smoke.failures.push(`${file.slice(6, -4)}: ${firstLine(e)}`)
    }
  }
  try {
    const text = await run('contract.mjs', program, ...(short ? ['short'] : []))
    const lines = text.split('\n').filter((line) => line.startsWith('{'))
    row.contract = lines.map((line) => JSON.parse(line))
  } catch (e) {
    row.contract = [{ label: 'the run of the suite', passed: 0, failures: [firstLine(e)] }]
  }
  return row
}

/**
 * Runs a command that has to succeed, and gives what it wrote. It writes to a file: node.exe under wine cannot use the pipes of
 * this system.
 * @param {string} program @param {string[]} args @param {{ cwd: string, outputFile: string, limit: number }} options
 * @returns {Promise<string>}
 */
async function runToFile(program, args, { cwd, outputFile, limit }) {
  const fd = openSync(outputFile, 'w')
  /** @type {[code: number | null, signal: string | null]} */
  const [code, signal] = await new Promise((resolve, reject) => {
    // The colours of a terminal are not wanted in a page.
    const env = { ...process.env, NO_COLOR: '1' }
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', fd, fd], timeout: limit })
    child.on('error', reject)
    child.on('exit', (...end) => resolve(end))
  }).finally(() => closeSync(fd))
  const text = readFileSync(outputFile, 'utf8')
  if (signal !== null) throw new Error(`Error: not done within ${limit / 1000} s`)
  if (code !== 0) throw new Error(`exit ${code}\n${text.trim()}`)
  return text
}

/** The first line that looks like what a script prints: the host may print warnings around it. @param {string} text @param {RegExp} pattern */
function lineOf(text, pattern) {
  const line = text.split('\n').find((candidate) => pattern.test(candidate))
  return (line ?? text).trim()
}

/** The line of a failure that says most. @param {unknown} e */
function firstLine(e) {
  const lines = String(e instanceof Error ? e.message : e)
    .split('\n')
    .filter((line) => line.trim() !== '')
  const at = lines.findIndex((line) => /Error|error|refused/.test(line) && !/exit \d/.test(line))
  return (lines[Math.max(at, 0)] ?? '').trim().slice(0, 200)
}

/** Everything that failed in a row. @param {Row} row */
export function failuresOf(row) {
  const echo = row.echo === '' || row.echo.startsWith('over ') ? [] : [`dial and listen: ${row.echo}`]
  return [...echo, ...row.smoke.failures, ...row.contract.flatMap((c) => c.failures ?? [])]
}
