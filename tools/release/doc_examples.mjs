import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { readPackages, root } from './workspace.mjs'

/**
 * A program in a comment or on a page. `name` is the file and the number of the program in it, `group` what is run by one process;
 * `output` is what stands behind each console.log that ends its line in a comment.
 *
 * @typedef {{ name: string, group: string, code: string, output: string[] }} Example
 */

/** The lines of a comment without what makes them a comment. @param {string} comment */
const text = (comment) => comment.replace(/^ *\* ?/gm, '')

/** The pages of a folder. @param {string} folder */
const pagesIn = (folder) =>
  readdirSync(join(root, folder), { encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md')
    .map((file) => join(folder, file))

/** Every page that is written for people, by its path within the repository. @returns {string[]} */
export function readPages() {
  const packages = readPackages().map(({ dir }) => relative(root, dir))
  return ['.', 'docs', 'docs/guide', 'examples', ...packages].flatMap(pagesIn)
}

/** The code of every `@example` in the sources of every package, and of every block of TypeScript on a page. @returns {Example[]} */
export function readExamples() {
  const comments = readPackages().flatMap(({ short, dir }) =>
    readdirSync(join(dir, 'src'), { encoding: 'utf8', recursive: true })
      .filter((file) => file.endsWith('.ts'))
      .sort()
      .flatMap((file) => examplesOf(short, join(dir, 'src', file))),
  )
  return [...comments, ...readPages().flatMap(blocksOf)]
}

/** @param {string} group @param {string} file @returns {Example[]} */
function examplesOf(group, file) {
  const comments = readFileSync(file, 'utf8').match(/\/\*\*.*?\*\//gs) ?? []
  const blocks = comments.flatMap((comment) => [...text(comment).matchAll(/^@example\n```ts\n(.*?)^```$/gms)])
  const name = relative(join(root, 'packages'), file).replace(/\.ts$/, '')
  return blocks.map(([, code = ''], i) => exampleOf(group, `${name}.${i}`, code))
}

/** @param {string} page @returns {Example[]} */
function blocksOf(page) {
  const group = page.replace(/\.md$/, '')
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)
  return Array.from(blocks, ([, code = ''], i) => exampleOf(group, `${group}.${i}`, code))
}

/** @param {string} group @param {string} name @param {string} code @returns {Example} */
function exampleOf(group, name, code) {
  const output = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, line = '']) => line)
  return { name, group, code, output }
}
