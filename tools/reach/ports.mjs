// Measures every foreign function interface that posix has a port for, in interleaved rounds, and writes docs/ports.md:
// `ports.mjs [rounds]`. The packages have to be built.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { mustRun } from '../release/run.mjs'
import { root } from '../release/workspace.mjs'
import { install } from './install.mjs'
import { runtimes } from './runtimes.mjs'

/** The ports, and the rows of the other table whose runtimes have them. */
const ports = [
  { port: 'koffi', runtime: 'Node 26' },
  { port: 'node:ffi', runtime: 'Node 26, node:ffi' },
  { port: 'Deno.dlopen', runtime: 'Deno' },
  { port: 'bun:ffi', runtime: 'Bun' },
]

const rounds = Number(process.argv[2] ?? 5)
const scratch = mkdtempSync(join(tmpdir(), 'net-ports-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

/** @type {{ port: string, version: string, command: string[], seen: Map<string, number[]> }[]} */
const columns = []
for (const { port, runtime: name } of ports) {
  const runtime = runtimes.find((r) => r.name === name)
  const installed = runtime === undefined ? `no row ${name}` : await install(runtime, scratch)
  if (typeof installed === 'string') throw new Error(`${name}: ${installed}`)
  const version = runtime?.from?.split('@').at(-1) ?? process.versions.node
  columns.push({
    port,
    version: `${name.split(',')[0]?.split(' ')[0]} ${version}`,
    command: [installed.program, ...installed.args],
    seen: new Map(),
  })
}

const folder = join(root, 'tools/reach')
const loads = []

/** What a script prints as its line of JSON. @param {string[]} command @param {string[]} script */
async function printed([program = '', ...args], script) {
  const text = await mustRun(program, [...args, ...script], folder)
  return JSON.parse(text.split('\n').findLast((line) => /^[{0-9]/.test(line)) ?? '')
}

for (let i = 0; i < rounds; i++) {
  for (const { port, command, seen } of columns) {
    const costs = {
      'a process that does nothing': await printed(command, ['start.mjs']),
      'a process whose first act is an echo': await printed(command, ['start.mjs', 'echo']),
      ...(await printed(command, ['port.mjs'])),
    }
    for (const [cost, value] of Object.entries(costs)) seen.set(cost, [...(seen.get(cost) ?? []), value])
    loads.push(loadavg()[0] ?? 0)
    console.log(`round ${i + 1} of ${rounds}: ${port}`)
  }
}

/** The middle of what was seen, and its extremes. @param {number[]} values */
function cell(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const shown = (/** @type {number | undefined} */ n = NaN) => (n < 10 ? n.toFixed(2) : n.toFixed(0))
  return `${shown(sorted[sorted.length >> 1])} (${shown(sorted[0])} to ${shown(sorted.at(-1))})`
}

const names = [...(columns[0]?.seen.keys() ?? [])]
const heading = ['µs of CPU', ...columns.map(({ port, version }) => `${port}, ${version}`)]
const lines = [
  heading,
  heading.map(() => '---'),
  ...names.map((name) => [name, ...columns.map(({ seen }) => cell(seen.get(name) ?? []))]),
]
const page = `# What the ports cost

The kernel's sockets are reached through a foreign function interface: koffi on Node, and node:ffi, Deno's and Bun's own. This
is what each of them costs, in CPU time of the process for one operation, and beside it what a round trip of 64 bytes
costs over the kernel's sockets, over the hosted ones, and over the runtime's own (Deno.connect, else node:net), both ends
being in one process. The first two lines are whole processes, the second of which imports @net/core, listens and dials on its
default target and sends a word. \`import\` is the package from its files, with what it needs but the interface; \`load\` is the first function
bound, of a process that has none. The page is written by
\`node tools/reach/ports.mjs\`, last on ${new Date().toISOString().slice(0, 10)}: the middle of ${rounds} interleaved rounds and the extremes,
on ${cpus().length} cores with a load of ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.

${lines.map((line) => `| ${line.join(' | ')} |`).join('\n')}

A wake-up on Deno and Bun is a message of a thread that waits in poll(2), as their event loops watch nothing but what is
their own. What else was tried on Deno costs more CPU: koffi's watch, for which Deno starts a thread at each wake-up, and a
poll(2) that is called without blocking. A kernel's socket that lets the thread sleep costs a wake-up for each event, so the
default on both is the hosted sockets, and \`posix()\` is for what only the kernel's have.
`
writeFileSync(join(root, 'docs/ports.md'), page)
