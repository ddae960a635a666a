import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { readPackages, root } from './workspace.mjs'

/** @typedef {{ name: string, code: string, output: string[] }} Example */

/** The lines of a comment without what makes them a comment. @param {string} comment */
const text = (comment) => comment.replace(/^ *\* ?/gm, '')

/**
 * The code of every `@example` in the sources of every package, and the walks of docs/inside.md. `name` is the file and the number
 * of the example in it; `output` is what stands behind each console.log that ends its line in a comment.
 *
 * @returns {Example[]}
 */
export function readExamples() {
  const examples = readPackages().flatMap(({ dir }) =>
    readdirSync(join(dir, 'src'), { encoding: 'utf8', recursive: true })
      .filter((file) => file.endsWith('.ts'))
      .sort()
      .flatMap((file) => examplesOf(join(dir, 'src', file))),
  )
  const walks = readFileSync(join(root, 'docs/inside.md'), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)
  return [...examples, ...Array.from(walks, ([, code = ''], i) => exampleOf(`docs/inside.${i}`, code))]
}

/** @param {string} file @returns {Example[]} */
function examplesOf(file) {
  const comments = readFileSync(file, 'utf8').match(/\/\*\*.*?\*\//gs) ?? []
  const blocks = comments.flatMap((comment) => [...text(comment).matchAll(/^@example\n```ts\n(.*?)^```$/gms)])
  const name = relative(join(root, 'packages'), file).replace(/\.ts$/, '')
  return blocks.map(([, code = ''], i) => exampleOf(`${name}.${i}`, code))
}

/** @param {string} name @param {string} code @returns {Example} */
function exampleOf(name, code) {
  const output = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, line = '']) => line)
  return { name, code, output }
}
