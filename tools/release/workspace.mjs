import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {boolean} [private]
 * @property {string} license
 * @property {string} [description]
 * @property {string} [type]
 * @property {Record<string, string>} engines
 * @property {Record<string, unknown>} [publishConfig]
 * @property {unknown} [repository]
 * @property {Record<string, unknown>} exports
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, unknown>} [imports]
 * @property {Record<string, string>} [bin]
 */

/** @typedef {{ short: string, name: string, dir: string, manifest: Manifest }} Package */

/** The repository's root. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** @param {string} file @returns {Manifest} */
export function readManifest(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** Every package that is published, in alphabetical order. @returns {Package[]} */
export function readPackages() {
  return readdirSync(join(root, 'packages'))
    .sort()
    .map((short) => {
      const dir = join(root, 'packages', short)
      const manifest = readManifest(join(dir, 'package.json'))
      return { short, name: manifest.name, dir, manifest }
    })
}

/** The TypeScript sources of a package. @param {Package} p @returns {string[]} absolute paths */
export function sourceFiles(p) {
  return readdirSync(join(p.dir, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.m?ts$/.test(file))
    .sort()
    .map((file) => join(p.dir, 'src', file))
}
