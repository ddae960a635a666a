import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pack } from '../release/pack.mjs'
import { mustRun } from '../release/run.mjs'
import { readPackages, root } from '../release/workspace.mjs'

/** Prints what the runtime says of itself. */
const VERSION =
  'console.log(process.versions.deno ?? process.versions.bun ?? process.version, process.arch)\n'

/** Makes a project that depends on every package's tarball, with the scripts that are run in it. @param {string} scratch @returns {Promise<string>} its folder */
export async function makeProject(scratch) {
  const dir = join(scratch, 'project')
  const tarballs = join(scratch, 'tarballs')
  mkdirSync(dir)
  mkdirSync(tarballs)
  /** @type {Record<string, string>} */
  const files = {}
  for (const p of readPackages()) files[p.name] = `file:${(await pack(p, tarballs)).path}`
  const manifest = { private: true, type: 'module', dependencies: files, overrides: files }
  writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest))
  const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--no-progress']
  await mustRun('npm', ['install', ...flags], dir)
  await addBuilds(dir, flags)
  const smoke = join(root, 'tools/release/smoke')
  for (const file of readdirSync(smoke)) cpSync(join(smoke, file), join(dir, `smoke_${file}`))
  cpSync(join(root, 'tools/reach/contract.mjs'), join(dir, 'contract.mjs'))
  for (const file of ['echo.mjs', 'bundled.mjs'])
    cpSync(join(root, 'packages/core/test', file), join(dir, file))
  writeFileSync(join(dir, 'version.mjs'), VERSION)
  return dir
}

/** Adds koffi's builds for the other machines, which npm leaves out here. @param {string} dir @param {string[]} flags */
async function addBuilds(dir, flags) {
  const { version } = JSON.parse(readFileSync(join(dir, 'node_modules/koffi/package.json'), 'utf8'))
  const builds = ['linux-arm64', 'win32-x64'].map((machine) => `@koromix/koffi-${machine}@${version}`)
  await mustRun('npm', ['install', '--force', '--no-save', ...flags, ...builds], dir)
}
