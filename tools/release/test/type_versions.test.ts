import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readPackages, root } from '../workspace.mjs'

// The declarations as they are published, and all that they import, in the hands of several compilers: a program that imports
// every entry of every package, and the smoke tests.

const tools = join(root, 'tools/release')
const compilers = {
  '5.7': join(tools, 'node_modules/typescript-5.7/bin/tsc'),
  '5.9': join(tools, 'node_modules/typescript-5.9/bin/tsc'),
  '6.0': join(root, 'node_modules/typescript/bin/tsc6'),
  '7.0': join(root, 'node_modules/typescript-7/bin/tsc'),
}
const [least = ''] = Object.keys(compilers)

let dir: string

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'net-types-'))
  const packages = readPackages()
  mkdirSync(join(dir, 'node_modules/@net'), { recursive: true })
  for (const p of packages) symlinkSync(p.dir, join(dir, 'node_modules', p.name))
  const entries = packages.flatMap((p) =>
    Object.keys(p.manifest.exports).flatMap((path) =>
      path === './package.json' ? [] : [p.name + path.slice(1)],
    ),
  )
  const imports = entries.map((entry, i) => `import * as entry${i} from '${entry}'\n`)
  const list = entries.map((_, i) => `entry${i}`).join(', ')
  // The last line shows that mistakes are found.
  writeFileSync(
    join(dir, 'program.ts'),
    `${imports.join('')}export const entries: object[] = [${list}]\nexport const wrong: number = '1'\n`,
  )
  const smoke = readdirSync(join(tools, 'smoke'))
  for (const file of smoke) copyFileSync(join(tools, 'smoke', file), join(dir, file))
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    allowJs: true,
    checkJs: true,
    skipLibCheck: false,
  }
  writeFileSync(
    join(dir, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['program.ts', ...smoke] }),
  )
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ type: 'module' }))
})

afterAll(() => {
  rmSync(dir, { recursive: true })
})

async function run(compiler: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [compiler, ...args], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return await text(child.stdout)
}

test.each(Object.entries(compilers))(
  'TypeScript %s takes the types of every package',
  async (version, compiler) => {
    expect(await run(compiler, '--version')).toMatch(`Version ${version}.`)
    const found = await run(compiler, '--pretty', 'false')
    expect(found.trim()).toMatch(
      /^program\.ts\(\d+,14\): error TS2322: Type 'string' is not assignable to type 'number'\.$/,
    )
  },
)

test('every README that names a version of TypeScript names the least of them', () => {
  const named = readPackages().flatMap((p) =>
    [...readFileSync(join(p.dir, 'README.md'), 'utf8').matchAll(/TypeScript (\d+\.\d+)/g)].map(
      ([, version]) => version,
    ),
  )
  expect(new Set(named)).toEqual(new Set([least]))
})
