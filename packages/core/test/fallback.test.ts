import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// Where the kernel's sockets cannot be reached, dial and listen go over the host's, and the target says why.

const program = fileURLToPath(new URL('echo.mjs', import.meta.url))
const packages = fileURLToPath(new URL('../..', import.meta.url))
const permission = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission'

async function run(...args: string[]): Promise<unknown> {
  // A shim of the package manager may have set NODE_PATH, where koffi would be found from anywhere.
  const env = { ...process.env, NODE_PATH: '' }
  const { stdout } = await promisify(execFile)(process.execPath, args, { env })
  return JSON.parse(stdout)
}

const kernel = { name: process.platform, echo: 'hello' }
const hosted = { name: 'hosted', echo: 'hello' }
const notLoaded =
  'kernel sockets are not available, as the foreign function interface did not load: use hosted()'
const notInstalled =
  'kernel sockets are not available, as koffi is not installed where this program can load it ' +
  '(a bundle needs it beside itself): use hosted()'

test('a process like any other has the kernel', async () => {
  expect(await run(program)).toEqual(kernel)
})

test.each([
  ['--no-addons', ['--no-addons']],
  ['the permission model', [permission, '--allow-fs-read=*', '--allow-net']],
])('under %s the host takes over', async (_name, flags) => {
  const known = flags.filter(
    (flag) => flag !== '--allow-net' || process.allowedNodeEnvironmentFlags.has(flag),
  )
  expect(await run(...known, program)).toEqual({ ...hosted, message: notLoaded, code: 'ERR_DLOPEN_DISABLED' })
})

describe('without koffi', () => {
  let dir: string

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'fallback-'))
    // An install that left koffi out: the packages as they are published, and nothing else.
    const names = [
      'addr',
      'contract',
      'io',
      'stubs',
      'resolve',
      'posix',
      'core',
      'node',
      '9p',
      'plan9',
      'netfs',
      'udp-header',
    ]
    for (const name of names) {
      const to = join(dir, 'node_modules/@net', name)
      mkdirSync(to, { recursive: true })
      for (const part of ['package.json', 'dist'])
        cpSync(join(packages, name, part), join(to, part), { recursive: true })
    }
    cpSync(program, join(dir, 'echo.mjs'))
    for (const format of ['esm', 'cjs'] as const) {
      const build = await rolldown({
        input: join(dir, 'echo.mjs'),
        platform: 'node',
        external: 'koffi',
        // A CommonJS module has no top-level await.
        plugins: [
          { name: 'body', transform: (code, id) => (id === join(dir, 'echo.mjs') ? wrapped(code) : null) },
        ],
      })
      await build.write({
        file: join(dir, `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`),
        format,
        codeSplitting: false,
      })
      await build.close()
    }
  })

  afterAll(() => {
    rmSync(dir, { recursive: true })
  })

  function wrapped(code: string): string {
    const [, imports = '', body = ''] = /^((?:\/\/.*\n|import .*\n)*)([^]*)$/.exec(code) ?? []
    return `${imports}void (async () => {${body}})()`
  }

  test.each(['echo.mjs', 'bundle.mjs', 'bundle.cjs'])('%s runs over the host', async (file) => {
    expect(await run(join(dir, file))).toEqual({ ...hosted, message: notInstalled, code: 'MODULE_NOT_FOUND' })
  })

  test.each(['bundle.mjs', 'bundle.cjs'])('%s has the kernel once koffi is beside it', async (file) => {
    const beside = join(dir, 'node_modules/koffi')
    symlinkSync(join(packages, 'posix/node_modules/koffi'), beside)
    try {
      expect(await run(join(dir, file))).toEqual(kernel)
    } finally {
      rmSync(beside)
    }
  })
})
