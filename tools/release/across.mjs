import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { companionsOf, scriptOf } from './consumer.mjs'
import { mustRun } from './run.mjs'

/** @typedef {import('./workspace.mjs').Package} Package */
/** Versions by package name. @typedef {ReadonlyMap<string, string>} Versions */

/** The packages whose contract has a run of its own: the targets. @param {Package[]} all */
export function targetsOf(all) {
  return all.filter((p) => scriptOf('contract', p) !== null)
}

/**
 * Runs the contract's suite of one release over a target of another, both from the registry, and gives how many parts passed.
 * @param {Package} p the target @param {Versions} target @param {Versions} suite @param {string} dir a folder to make
 */
export async function across(p, target, suite, dir) {
  mkdirSync(dir, { recursive: true })
  const names = [p.name, ...companionsOf(p)]
  // The suite has a name of its own here, as the target brings the contract that it was made with.
  const dependencies = {
    ...Object.fromEntries(names.map((name) => [name, target.get(name)])),
    'other-contract': `npm:@net/contract@${suite.get('@net/contract')}`,
  }
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  await mustRun('npm', ['install', '--no-audit', '--no-fund', '--no-progress', '--ignore-scripts'], dir)
  const script = readFileSync(scriptOf('contract', p) ?? '', 'utf8')
  writeFileSync(
    join(dir, 'contract.mjs'),
    script.replaceAll("'@net/contract/suite'", "'other-contract/suite'"),
  )
  const output = await mustRun(process.execPath, ['--test', '--test-reporter=tap', 'contract.mjs'], dir)
  const passed = Number(/^# pass (\d+)$/m.exec(output)?.[1])
  // node:test counts a file without tests as one test that passed.
  if (!(passed > 1)) throw new Error(`no test ran\n${output}`)
  return passed
}
