import { readFileSync } from 'node:fs'
import { defineConfig } from 'rolldown'

/**
 * Makes the JavaScript of the package in whose folder it runs: one file for each that package.json names in exports, imports
 * and bin, and one for what several of these share. Few files, because Node opens all that a program imports at once.
 * tsc checks the types and writes the declarations.
 */

/** @type {import('./tools/release/workspace.mjs').Manifest} */
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))

/** The JavaScript that a part of the manifest names, under whatever conditions. @param {unknown} part @returns {string[]} */
function filesOf(part) {
  if (typeof part === 'string') return part.endsWith('.js') ? [part] : []
  return Object.values(part ?? {}).flatMap(filesOf)
}

const entries = [manifest.exports, manifest.imports, manifest.bin]
  .flatMap(filesOf)
  .map((file) => file.replace(/^\.\/dist\/|\.js$/g, ''))
const packages = [manifest.name, ...Object.keys(manifest.dependencies ?? {})]

export default defineConfig({
  input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  external: (id) => id.startsWith('#') || packages.some((name) => `${id}/`.startsWith(`${name}/`)),
  preserveEntrySignatures: 'allow-extension',
  platform: 'node',
  transform: { target: 'es2022' },
  // A number stands where its name stood, and takes no look at a variable of its module.
  optimization: { inlineConst: true },
  output: {
    dir: 'dist',
    cleanDir: true,
    chunkFileNames: 'chunks/[name].js',
    // The declarations have them; here a program would read them at each start, and they are a third of the text.
    comments: { jsdoc: false },
    sourcemap: true,
    sourcemapExcludeSources: true,
  },
})
