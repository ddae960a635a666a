import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { importsOf } from './imports.mjs'
import { mustRun } from './run.mjs'

/** @typedef {import('./workspace.mjs').Package} Package */

/** A packed package. `files`: the paths inside it. @typedef {{ path: string, files: string[] }} Tarball */

/**
 * Packs a package as it would be published, so with `workspace:^` written as a range.
 * @param {Package} p @param {string} destination a folder @returns {Promise<Tarball>}
 */
export async function pack(p, destination) {
  const output = await mustRun('pnpm', ['pack', '--json', '--pack-destination', destination], p.dir)
  const { filename, files } = JSON.parse(output.slice(output.indexOf('{')))
  return { path: filename, files: files.map((/** @type {{ path: string }} */ file) => file.path) }
}

/** The files in dist that package.json names, in whatever part of it. @param {unknown} part @returns {string[]} */
function namedIn(part) {
  if (typeof part === 'string') return part.startsWith('./dist/') ? [part.slice(2)] : []
  return Object.values(part ?? {}).flatMap(namedIn)
}

/** Those files, and what they and what they import import from each other. @param {Package} p @returns {Set<string>} */
function reached({ dir, manifest }) {
  const found = new Set([manifest.exports, manifest.imports, manifest.bin].flatMap(namedIn))
  // A set gives what is added to it during the loop.
  for (const file of found) {
    if (!file.endsWith('.js')) continue
    const specifiers = importsOf(join(dir, file)).map((x) => x.specifier)
    for (const specifier of specifiers) {
      if (specifier.startsWith('.')) found.add(posix.join(posix.dirname(file), specifier))
    }
  }
  return found
}

/** What is wrong with the files of a packed package. @param {Package} p @param {string[]} files @returns {string[]} */
export function wrongFiles(p, files) {
  const code = reached(p)
  const missing = ['LICENSE', 'README.md', 'CHANGELOG.md', 'src/index.ts', ...code]
    .filter((file) => !files.includes(file))
    .map((file) => `${file} is missing`)
  const extra = files
    .filter(
      (file) =>
        !/^(dist|src)\/.*\.(ts|js|map)$|^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/.test(file),
    )
    .map((file) => `${file} does not belong there`)
  const stale = files
    .filter((file) =>
      file.endsWith('.d.ts')
        ? !files.includes(file.replace('dist/', 'src/').replace(/\.d\.ts$/, '.ts'))
        : file.endsWith('.js') && !code.has(file),
    )
    .map((file) => `${file} has no source or no use: dist is stale`)
  return [...missing, ...extra, ...stale, ...wrongMaps(p, files)]
}

/** Whether a file only passes on what others export, so that it has nothing to map. @param {string} file */
function passesOn(file) {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.every((line) => /^(export .* from ".*";|export \{\};)?$/.test(line))
}

/** What is wrong with the source maps: all code has one, which names sources beside it and holds no second copy of them. @param {Package} p @param {string[]} files @returns {string[]} */
function wrongMaps(p, files) {
  return files
    .filter((file) => file.endsWith('.js'))
    .flatMap((file) => {
      const map = `${file}.map`
      if (!files.includes(map)) return passesOn(join(p.dir, file)) ? [] : [`${map} is missing`]
      const { sources, sourcesContent } = JSON.parse(readFileSync(join(p.dir, map), 'utf8'))
      const lost = sources.filter(
        (/** @type {string} */ source) => !files.includes(posix.join(posix.dirname(file), source)),
      )
      const copied = sourcesContent?.some((/** @type {unknown} */ text) => text !== null) ?? false
      return [
        ...lost.map((/** @type {string} */ source) => `${map} names ${source}, which is not there`),
        ...(copied ? [`${map} holds the sources themselves`] : []),
      ]
    })
}
