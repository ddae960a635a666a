import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import ts from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readExamples } from '../doc_examples.mjs'
import { readPackages, root } from '../workspace.mjs'

// Each example is a module of its own, which a reader can copy. It needs no network beyond loopback and ends by itself.
const examples = readExamples()
const fewest = 100
const compilerOptions = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext }

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'net-doc-examples-'))
  mkdirSync(join(dir, 'node_modules/@net'), { recursive: true })
  for (const { name, dir: target } of readPackages()) symlinkSync(target, join(dir, 'node_modules', name))
  // What examples give to an adapter comes from where the adapters are tested.
  symlinkSync(join(root, 'packages/core/node_modules/undici'), join(dir, 'node_modules/undici'))
  for (const { name, code } of examples) {
    const file = join(dir, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.mts`, code)
    writeFileSync(`${file}.mjs`, ts.transpileModule(code, { compilerOptions }).outputText)
  }
})
afterAll(() => rmSync(dir, { recursive: true }))

test('what is called first has an example', () => {
  expect(examples.length).toBeGreaterThanOrEqual(fewest)
})

test('every example type-checks, strictly', () => {
  const files = examples.map(({ name }) => join(dir, `${name}.mts`))
  // Shows that mistakes are found.
  const wrong = join(dir, 'wrong.mts')
  writeFileSync(
    wrong,
    "import { parseIP } from '@net/addr'\nexport const n: number = parseIP('::').byteLength\n",
  )
  const strict = {
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    noEmit: true,
    allowImportingTsExtensions: true,
    customConditions: ['@net/source'],
    strict: true,
    noUnusedLocals: true,
    skipLibCheck: true,
  }
  writeFileSync(
    join(dir, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: strict, files: [wrong, ...files] }),
  )
  const tsc = join(root, 'node_modules/typescript-7/bin/tsc')
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', dir], { encoding: 'utf8', cwd: dir })
  expect(stderr).toBe('')
  // The sources themselves are checked elsewhere.
  const found = stdout.split('\n').filter((line) => line !== '' && !/^(\.\.| )/.test(line))
  expect(found).toEqual(["wrong.mts(2,26): error TS2531: Object is possibly 'null'."])
})

const groups = [...new Set(examples.map(({ group }) => group))]

test.each(groups)('the examples of %s run, say what they claim, and end by themselves', async (group) => {
  const own = examples.filter((each) => each.group === group)
  const runner = join(dir, `${group.replaceAll('/', '_')}.mjs`)
  const steps = own.map(({ name }) => `console.log('> ${name}')\nawait import('./${name}.mjs')`)
  writeFileSync(runner, steps.join('\n'))
  const child = spawn(process.execPath, [runner], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  expect(stderr).toBe('')
  expect(stdout.split('\n')).toEqual([...own.flatMap(({ name, output }) => [`> ${name}`, ...output]), ''])
  expect(code).toBe(0)
})
