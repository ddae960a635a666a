import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { companionsOf, makeConsumer, scriptOf, typeCheck } from './consumer.mjs'
import { installed, needsOf } from './needs.mjs'
import { wrongFiles } from './pack.mjs'
import { mustRun } from './run.mjs'
import { readManifest, root } from './workspace.mjs'

/** @typedef {import('./workspace.mjs').Package} Package */

/**
 * What a step works on. `dir`: the consumer's project, made by the step `install`. `exported`: how many values the
 * package exports, counted by the step `import`; 0 for one that is still empty.
 * @typedef {object} Job
 * @property {Package} package
 * @property {Package[]} all
 * @property {Map<string, string>} tarballs paths by package name
 * @property {string[]} files what is in this package's tarball
 * @property {string} dir
 * @property {number} exported
 */

/** A step throws when the package fails it and otherwise says in a word or two what it saw. @typedef {(job: Job) => Promise<string>} Step */

/** Packages that are targets: each has to pass the contract's suite from its tarball, unless it is still empty. */
const targets = ['@net/posix', '@net/plan9', '@net/sim']

/** The most kilobytes that each package may have when it is packed. @type {Record<string, number>} */
const budgets = JSON.parse(readFileSync(join(root, 'tools/release/sizes.json'), 'utf8'))

/** @param {Job} job */
const installedDir = (job) => join(job.dir, 'node_modules', job.package.name)

/** @type {Step} */
async function files(job) {
  const wrong = wrongFiles(job.package, job.files)
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  return String(job.files.length)
}

/** @type {Step} */
async function size(job) {
  const bytes = statSync(job.tarballs.get(job.package.name) ?? '').size
  const kilobytes = Math.ceil(bytes / 1000)
  const budget = budgets[job.package.name]
  if (budget === undefined) throw new Error('tools/release/sizes.json has no budget')
  if (kilobytes > budget) throw new Error(`${kilobytes} kB packed, of ${budget} in tools/release/sizes.json`)
  return `${kilobytes} of ${budget} kB`
}

/** @type {Step} */
async function install(job) {
  await makeConsumer(job.package, job.all, job.tarballs, job.dir)
  const { dependencies = {} } = readManifest(join(installedDir(job), 'package.json'))
  const unresolved = Object.entries(dependencies).filter(([, range]) => !/^\^?\d+\.\d+\.\d+$/.test(range))
  if (unresolved.length > 0) throw new Error(`ranges: ${JSON.stringify(unresolved)}`)
  return 'ok'
}

/** @type {Step} */
async function needs(job) {
  const expected = needsOf(job.package, job.all).join('\n')
  const actual = installed(job.dir).join('\n')
  if (actual !== expected) throw new Error(`installed:\n${actual}\nexpected:\n${expected}`)
  return `+${expected.split('\n').length - 1}`
}

/** @type {Step} */
async function nodenext(job) {
  await typeCheck(job.package, job.dir, 'nodenext')
  return 'ok'
}

/** @type {Step} */
async function bundler(job) {
  await typeCheck(job.package, job.dir, 'bundler')
  return 'ok'
}

/** @type {Step} */
async function imports(job) {
  job.exported = Number(await mustRun(process.execPath, ['entries.mjs'], job.dir))
  return job.exported === 0 ? 'empty' : `${job.exported} names`
}

/** @type {Step} */
async function smoke(job) {
  if (scriptOf('smoke', job.package) === null) {
    if (job.exported > 0) throw new Error(`tools/release/smoke/${job.package.short}.mjs is missing`)
    return '-'
  }
  await mustRun(process.execPath, ['smoke.mjs'], job.dir)
  return 'ok'
}

/** @type {Step} */
async function contract(job) {
  if (scriptOf('contract', job.package) === null) {
    if (targets.includes(job.package.name) && job.exported > 0) {
      throw new Error(`tools/release/contract/${job.package.short}.mjs is missing`)
    }
    return '-'
  }
  const beside = companionsOf(job.package)
  const dir = beside.length === 0 ? job.dir : join(job.dir, 'contract')
  if (beside.length > 0) {
    await makeConsumer(job.package, job.all, job.tarballs, dir, beside)
    await typeCheck(job.package, dir, 'nodenext', beside)
  }
  const output = await mustRun(process.execPath, ['--test', '--test-reporter=tap', 'contract.mjs'], dir)
  const count = (/** @type {string} */ word) =>
    Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(output)?.[1])
  // node:test counts a file without tests as one test that passed.
  if (!(count('tests') > 1 && count('pass') > 1)) throw new Error(`no test ran\n${output}`)
  const skipped = count('skipped')
  return `${count('pass')} passed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** @type {Step} */
async function lintManifest(job) {
  const { messages, pkg } = await publint({ pkgDir: installedDir(job), pack: false, strict: true })
  const wrong = messages
    .filter((m) => m.type !== 'suggestion')
    .map((m) => formatMessage(m, pkg, { color: false }))
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  return 'ok'
}

/** @type {Step} */
async function lintTypes(job) {
  const attw = join(root, 'tools/release/node_modules/@arethetypeswrong/cli/dist/index.js')
  const tarball = job.tarballs.get(job.package.name) ?? ''
  await mustRun(
    process.execPath,
    [attw, tarball, '--profile', 'esm-only', '--no-color', '--no-emoji'],
    job.dir,
  )
  return 'ok'
}

/** The steps in their order; each later one may rely on those before it. @type {[heading: string, step: Step][]} */
export const steps = [
  ['files', files],
  ['size', size],
  ['install', install],
  ['brings', needs],
  ['nodenext', nodenext],
  ['bundler', bundler],
  ['import', imports],
  ['smoke', smoke],
  ['contract', contract],
  ['publint', lintManifest],
  ['attw', lintTypes],
]
