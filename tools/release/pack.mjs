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

/** What is wrong with the list of files in a package. @param {string[]} files @returns {string[]} */
export function wrongFiles(files) {
  const missing = ['LICENSE', 'README.md', 'CHANGELOG.md', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']
    .filter((file) => !files.includes(file))
    .map((file) => `${file} is missing`)
  const extra = files
    .filter(
      (file) =>
        !/^(dist|src)\/.*\.(ts|js|map)$|^(LICENSE|README\.md|CHANGELOG\.md|package\.json)$/.test(file),
    )
    .map((file) => `${file} does not belong there`)
  const stale = files
    .filter((file) => file.startsWith('dist/') && file.endsWith('.js'))
    .filter((file) => !files.includes(file.replace('dist/', 'src/').replace(/\.js$/, '.ts')))
    .map((file) => `${file} has no source: dist is stale`)
  return [...missing, ...extra, ...stale]
}
