import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPackages, root } from '../release/workspace.mjs'

/** @typedef {import('../release/workspace.mjs').Package} Package */

const packages = readPackages()

/** The packages that one imports of ours. @param {Package} p @returns {Package[]} */
const below = ({ manifest }) => packages.filter(({ name }) => name in (manifest.dependencies ?? {}))

/** How many packages stand below one, at most on top of each other. @param {Package} p @returns {number} */
const height = (p) => Math.max(0, ...below(p).map((q) => height(q) + 1))

/**
 * What programs import: the name, the source, the package. Those below come first, so that what several export is described
 * where it is at home.
 */
export const entries = packages
  .map((p) => ({ p, h: height(p) }))
  .sort((a, b) => a.h - b.h)
  .flatMap(({ p }) =>
    Object.entries(p.manifest.exports).flatMap(([path, conditions]) => {
      const source = /** @type {Record<string, string>} */ (conditions)['@net/source']
      return source === undefined
        ? []
        : [{ name: join(p.name, path), file: join(p.dir, source), dir: p.dir, main: path === '.' }]
    }),
  )

/** The markdown files of a folder. @param {string} folder */
const markdown = (folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(root, folder, file))

/** The guides, in the order in which the first of them names them. */
const order = readFileSync(join(root, 'docs/guide/start.md'), 'utf8')
const place = (/** @type {string} */ file) => order.indexOf(`](${file.slice(file.lastIndexOf('/') + 1)})`)

/** The groups of pages, by their titles. */
export const groups = {
  Guides: markdown('docs/guide').sort((a, b) => place(a) - place(b)),
  Reference: [...markdown('docs'), join(root, 'examples/README.md'), join(root, 'BENCHMARKS.md')],
  'Working on it': [join(root, 'CONTRIBUTING.md'), join(root, 'AGENTS.md')],
}
