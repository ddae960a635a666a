import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { scriptOf } from './consumer.mjs'
import { importsOf, packageOf } from './imports.mjs'
import { needsOf } from './needs.mjs'
import { mustRun } from './run.mjs'

/** @typedef {import('./workspace.mjs').Package} Package */

/**
 * A package manager as people have it. `add`: its command that adds packages. `strict`: whether a project sees only what it
 * asks for itself, so that a program has to ask for all that it imports.
 * @typedef {{ name: string, add: string[], strict: boolean }} Manager
 */

/** The yarn that is tried, of one version, from npm. */
const yarn = 'yarn@1.22.22'

/** What a project of pnpm's says of koffi's install script: pnpm fails until it is told to run it or not. */
const unneededScript = 'allowBuilds:\n  koffi: false\n'

/** Gets the package managers that are tried. @param {string} dir a folder to make, for what they keep @returns {Promise<Manager[]>} */
export async function managersIn(dir) {
  mkdirSync(dir)
  writeFileSync(join(dir, 'package.json'), '{ "private": true }\n')
  const flags = ['--no-audit', '--no-fund', '--no-progress']
  await mustRun('npm', ['install', ...flags, '--ignore-scripts', '--prefer-offline', yarn], dir)
  const cache = (/** @type {string} */ name) => join(dir, `${name}-cache`)
  const yarnProgram = join(dir, 'node_modules/yarn/bin/yarn.js')
  return [
    { name: 'npm', add: ['npm', 'install', ...flags, '--cache', cache('npm')], strict: false },
    { name: 'pnpm', add: ['pnpm', 'add', '--store-dir', cache('pnpm')], strict: true },
    {
      name: 'yarn',
      add: [process.execPath, yarnProgram, 'add', '--no-progress', '--cache-folder', cache('yarn')],
      strict: false,
    },
  ]
}

/**
 * Installs a package alone, from an empty folder, and runs its smoke test.
 * @param {Manager} manager @param {Package} p @param {Package[]} all @param {string} dir a folder to make
 * @returns {Promise<{ said: string, ms: number }>} what the manager printed, and how long both took
 */
export async function tryAlone(manager, p, all, dir) {
  const script = scriptOf('smoke', p)
  if (script === null) throw new Error(`tools/release/smoke/${p.short}.mjs is missing`)
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'package.json'), '{ "private": true, "type": "module" }\n')
  if (manager.name === 'pnpm' && needsOf(p, all).includes('koffi')) {
    writeFileSync(join(dir, 'pnpm-workspace.yaml'), unneededScript)
  }
  const named = importsOf(script)
    .map((x) => packageOf(x.specifier))
    .filter((name) => name.startsWith('@net/'))
  const wanted = manager.strict ? new Set([p.name, ...named]) : [p.name]
  const [program = '', ...args] = manager.add
  const start = performance.now()
  const said = await mustRun(program, [...args, ...wanted], dir)
  copyFileSync(script, join(dir, 'smoke.mjs'))
  await mustRun(process.execPath, ['smoke.mjs'], dir)
  const ms = performance.now() - start
  // All of them together are more than a machine wants to hold.
  await rm(dir, { recursive: true })
  return { said, ms }
}
