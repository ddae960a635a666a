import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {import('./workspace.mjs').Package} Package */

/** The packages of this workspace that one of them brings along, itself left out. @param {Package} p @param {Package[]} all @returns {string[]} */
export function siblingsOf(p, all) {
  /** @type {Set<string>} */
  const found = new Set()
  const add = (/** @type {Package} */ from) => {
    for (const name of Object.keys(from.manifest.dependencies ?? {})) {
      const next = all.find((q) => q.name === name)
      if (next === undefined || found.has(name)) continue
      found.add(name)
      add(next)
    }
  }
  add(p)
  return [...found].sort()
}

/** koffi's own package with the binary for this machine. */
const koffiPlatform = `@koromix/koffi-${process.platform}-${process.arch}`

/** What an install of a package has to bring, and nothing else: itself, its siblings, at or above posix koffi, for the cli what reads its arguments and topologies and what draws its bar, with what that brings, and, for sim, fake-timers with what it brings. @param {Package} p @param {Package[]} all @returns {string[]} */
export function needsOf(p, all) {
  const ours = [p.name, ...siblingsOf(p, all)]
  const ffi = ours.includes('@net/posix') ? ['koffi', koffiPlatform] : []
  const parsers = ['@cfworker/json-schema', '@humanwhocodes/momoa', 'commander']
  const widths = ['ansi-regex', 'emoji-regex', 'is-fullwidth-code-point', 'string-width', 'strip-ansi']
  const terminal = ours.includes('@net/cli') ? [...parsers, 'cli-progress', ...widths] : []
  const timers = ours.includes('@net/sim') ? ['@sinonjs/commons', '@sinonjs/fake-timers', 'type-detect'] : []
  return [...ours, ...ffi, ...terminal, ...timers].sort()
}

/** What npm put into a folder's node_modules. @param {string} dir @returns {string[]} */
export function installed(dir) {
  const lock = JSON.parse(readFileSync(join(dir, 'node_modules/.package-lock.json'), 'utf8'))
  return Object.keys(lock.packages)
    .map((path) => path.replace(/^node_modules\//, ''))
    .sort()
}
