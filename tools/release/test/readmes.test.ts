import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readPages } from '../doc_examples.mjs'
import { readPackages, root } from '../workspace.mjs'

// The programs in JavaScript on every page; those in TypeScript are run by doc_examples.test.ts. Those that are files with a name
// are run by their package's own tests.
let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'net-readmes-'))
})
afterAll(() => rmSync(dir, { recursive: true }))

/** Writes the blocks of code that a page has, each into a file; gives their paths. */
function blocksOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = ''], i) => {
    const file = join(dir, page.replace(/\.md$/, ''), `${i}.mjs`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, code)
    return file
  })
}

test('the JavaScript of every page type-checks', () => {
  const files = readPages().flatMap(blocksOf)
  expect(files.length).toBeGreaterThan(20)
  // Shows that mistakes are found.
  const wrong = join(dir, 'wrong.mts')
  writeFileSync(wrong, "import { parseIP } from '@net/addr'\nexport const n: number = parseIP('::')\n")
  const paths = readPackages().flatMap((p) =>
    Object.entries(p.manifest.exports).flatMap(([path, entry]) =>
      typeof entry === 'string'
        ? []
        : [[p.name + path.slice(1), [join(p.dir, (entry as Record<string, string>)['@net/source'] ?? '')]]],
    ),
  )
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    allowJs: true,
    checkJs: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    customConditions: ['@net/source'],
    strict: true,
    // A reader's program in JavaScript says no types, and of some things a reader knows that they are there.
    noImplicitAny: false,
    useUnknownInCatchVariables: false,
    strictNullChecks: false,
    skipLibCheck: true,
    paths: Object.fromEntries(paths) as Record<string, string[]>,
  }
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [wrong, ...files] }))
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ type: 'module' }))
  const tsc = join(root, 'node_modules/typescript-7/bin/tsc')
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', dir], { encoding: 'utf8', cwd: dir })
  expect(stderr).toBe('')
  // The sources themselves are checked elsewhere, and strictly.
  const found = stdout.split('\n').filter((line) => line !== '' && !/^(\.\.| )/.test(line))
  expect(found).toEqual(["wrong.mts(2,14): error TS2322: Type 'IP' is not assignable to type 'number'."])
})
