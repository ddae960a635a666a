// Rehearses releases: publishes every package to a registry on this machine as a release does, installs each alone from there with
// every package manager and runs its smoke test, then releases changes and looks at what they move.
// `--released`: packages of ours are in npm's registry already, and the suite and targets of the last release are tried, too.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { across, targetsOf } from './across.mjs'
import { managersIn, tryAlone } from './managers.mjs'
import { Registry } from './registry.mjs'
import { printTable } from './table.mjs'
import { WorkspaceCopy } from './workspace_copy.mjs'
import { readPackages } from './workspace.mjs'

/** @typedef {import('./registry.mjs').Published} Published */
/** @typedef {Map<string, Published>} State What is the latest of each package. */

const jobsAtOnce = 2

const { values } = parseArgs({ options: { released: { type: 'boolean', default: false } } })
const all = readPackages()
const scratch = mkdtempSync(join(tmpdir(), 'net-rehearsal-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

/** @type {string[]} */
const failures = []

/** Notes what does not hold. @param {boolean} holds @param {string} what */
function expect(holds, what) {
  if (!holds) failures.push(what)
}

/** The latest of all packages that the registry has. @param {Registry} registry @returns {Promise<State>} */
async function stateOf(registry) {
  const found = await Promise.all(
    all.map(async (p) => /** @type {const} */ ([p.name, await registry.latest(p.name)])),
  )
  return new Map(found.flatMap(([name, published]) => (published === null ? [] : [[name, published]])))
}

/** Where ranges and versions moved, as lines. @param {State} before @param {State} after */
function moves(before, after) {
  return [...after].flatMap(([name, { version, dependencies }]) => {
    const old = before.get(name)
    if (old === undefined || old.version === version) return []
    const ranges = Object.entries(dependencies)
      .filter(([dependency, range]) => old.dependencies[dependency] !== range)
      .map(([dependency, range]) => `${dependency} ${old.dependencies[dependency]} -> ${range}`)
    return [{ name, line: [`${name} ${old.version} -> ${version}`, ...ranges].join(', ') }]
  })
}

/** The names of those that depend on a package directly, sorted. @param {string} name */
function dependantsOf(name) {
  return all.filter((p) => p.manifest.dependencies?.[name] !== undefined).map((p) => p.name)
}

/** @param {State} state */
const versions = (state) => new Map([...state].map(([name, { version }]) => [name, version]))

/** Takes jobs two at a time. @template T @param {T[]} jobs @param {(job: T) => Promise<void>} work */
async function inTurn(jobs, work) {
  const pending = [...jobs]
  const worker = async () => {
    for (let job = pending.shift(); job !== undefined; job = pending.shift()) await work(job)
  }
  await Promise.all(Array.from({ length: jobsAtOnce }, worker))
}

const registry = await Registry.start(join(scratch, 'registry'), values)
// Every package manager asks this registry, and knows no account of another one.
const user = join(scratch, 'npmrc')
writeFileSync(user, `registry=${registry.url}\n//${new URL(registry.url).host}/:_authToken=anybody\n`)
Object.assign(process.env, {
  npm_config_registry: registry.url,
  pnpm_config_registry: registry.url,
  npm_config_userconfig: user,
})

const released = await stateOf(registry)
const workspace = await WorkspaceCopy.make(join(scratch, 'workspace'))
await workspace.release()
const first = await stateOf(registry)
for (const { name } of all) expect(first.has(name), `${name} is not published`)
for (const [name, { version, dependencies }] of first) {
  const wrong = Object.entries(dependencies).filter(([, range]) => !/^\^?\d+\.\d+\.\d+$/.test(range))
  expect(wrong.length === 0, `${name}@${version} depends on ${JSON.stringify(wrong)}`)
}
const tags = await workspace.tags()
for (const [name, { version }] of first) {
  // What npm's registry has already is tagged in the repository that it came from.
  if (released.get(name)?.version === version) continue
  expect(tags.includes(`${name}@${version}`), `${name}@${version} is no tag`)
}
console.log(`published: ${[...versions(first)].map(([name, version]) => `${name}@${version}`).join(', ')}\n`)

const managers = await managersIn(join(scratch, 'managers'))
const rows = new Map(all.map((p) => [p, [p.name, ...managers.map(() => 'FAILED')]]))
let said = ''
await inTurn(
  all.flatMap((p) => managers.map((manager, i) => ({ p, manager, i }))),
  async ({ p, manager, i }) => {
    try {
      const done = await tryAlone(manager, p, all, join(scratch, 'alone', manager.name, p.short))
      rows.get(p)?.splice(i + 1, 1, `ok, ${(done.ms / 1000).toFixed(1)} s`)
      if (p.short === 'posix' && manager.name === 'npm') said = done.said
    } catch (e) {
      failures.push(`${p.name} with ${manager.name}: ${e instanceof Error ? e.message : e}`)
    }
  },
)
printTable(['installed alone, smoke test run', ...managers.map(({ name }) => name)], [...rows.values()])
console.log(`\nwhat npm says when it installs @net/posix:\n${said.trim().replace(/^/gm, '  ')}`)

/** Releases a change and tells what moved. @param {string} name @param {'patch' | 'minor'} bump @param {State} before */
async function releaseChange(name, bump, before) {
  workspace.change(name, bump)
  await workspace.release()
  const after = await stateOf(registry)
  const moved = moves(before, after)
  console.log(`\na ${bump} of ${name} moves:\n${moved.map(({ line }) => `  ${line}`).join('\n')}`)
  const names = moved.map((move) => move.name).sort()
  const expected = bump === 'patch' ? [name] : [name, ...dependantsOf(name)].sort()
  expect(names.join() === expected.join(), `a ${bump} of ${name} moves ${names}, not ${expected}`)
  return after
}

const patched = await releaseChange('@net/addr', 'patch', first)
const widened = await releaseChange('@net/udp-header', 'minor', patched)
const raised = await releaseChange('@net/contract', 'minor', widened)

/** @type {[label: string, target: State, suite: State][]} */
const pairs = [
  ['the suite before a minor, over the targets after it', raised, first],
  ['the suite after a minor, over the targets before it', first, raised],
]
if (released.size > 0) {
  pairs.push(['the last released suite, over the targets of today', first, released])
  pairs.push(["today's suite, over the last released targets", released, first])
}
/** @type {string[][]} */
const seen = pairs.map(([label]) => [label])
mkdirSync(join(scratch, 'across'))
await inTurn(
  pairs.flatMap(([, target, suite], i) => targetsOf(all).map((p) => ({ p, target, suite, i }))),
  async ({ p, target, suite, i }) => {
    const dir = join(scratch, 'across', `${p.short}-${i}`)
    const result = await across(p, versions(target), versions(suite), dir).catch((e) => {
      failures.push(`${p.name} across releases: ${e instanceof Error ? e.message : e}`)
      return 'FAILED'
    })
    seen[i]?.push(`${p.name} ${result}`)
  },
)
console.log('\nparts of the contract that pass across releases:')
for (const line of seen) console.log(`  ${line.join(', ')}`)

await registry.close()
for (const failure of failures) console.error(`\n${failure}`)
console.log(failures.length === 0 ? '\nthe rehearsal held' : `\n${failures.length} failed`)
process.exitCode = failures.length === 0 ? 0 : 1
