import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build } from 'esbuild'
import { rolldown } from 'rolldown'
import { rollup } from 'rollup'
import webpack from 'webpack'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// A program that dials and listens, as each bundler makes one file of it: it runs beside koffi over the kernel's sockets, and
// anywhere else over the host's.

const input = fileURLToPath(new URL('bundled.mjs', import.meta.url))

type Format = 'esm' | 'cjs'
/** Makes a file of the program, with what an import condition brings beside those that a bundler has by itself. */
type Bundler = (format: Format, file: string, ...conditions: string[]) => Promise<unknown>

const bundlers: Readonly<Record<string, Bundler>> = {
  esbuild: (format, file, ...conditions) =>
    build({
      entryPoints: [input],
      bundle: true,
      platform: 'node',
      format,
      conditions: [...conditions, 'module'],
      outfile: file,
      logLevel: 'error',
    }),
  rolldown: async (format, file, ...conditions) => {
    const resolve = { conditionNames: [...conditions, 'node', 'import', 'default'] }
    const made = await rolldown({ input, platform: 'node', resolve })
    await made.write({ file, format, codeSplitting: false })
    await made.close()
  },
  rollup: async (format, file, ...conditions) => {
    const made = await rollup({
      input,
      external: /^node:/,
      plugins: [nodeResolve({ exportConditions: [...conditions, 'node'] })],
    })
    await made.write({ file, format, inlineDynamicImports: true })
    await made.close()
  },
  webpack: (format, file, ...conditions) => {
    const esm = format === 'esm'
    const compiler = webpack({
      mode: 'production',
      optimization: { minimize: false },
      target: 'node20',
      entry: input,
      resolve: { conditionNames: [...conditions, '...'] },
      experiments: { outputModule: esm },
      output: {
        path: join(file, '..'),
        filename: file.slice(file.lastIndexOf('/') + 1),
        ...(esm && { library: { type: 'module' }, module: true }),
      },
    })
    return new Promise<void>((resolve, reject) => {
      compiler.run((error, stats) => {
        if (error) reject(error)
        else if (stats?.hasErrors()) reject(new Error(stats.toString('errors-only')))
        else compiler.close(() => resolve())
      })
    })
  },
}

let dir: string

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bundlers-'))
})

afterAll(() => {
  rmSync(dir, { recursive: true })
})

async function run(file: string): Promise<string> {
  // A shim of the package manager may have set NODE_PATH, where koffi would be found from anywhere.
  const env = { ...process.env, NODE_PATH: '' }
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env })
  return stdout.trim()
}

async function besideKoffi<T>(f: () => Promise<T>): Promise<T> {
  const modules = join(dir, 'node_modules')
  symlinkSync(fileURLToPath(new URL('../../posix/node_modules', import.meta.url)), modules)
  try {
    return await f()
  } finally {
    rmSync(modules)
  }
}

const rows = Object.keys(bundlers).flatMap((name) =>
  (['esm', 'cjs'] as const).map((format) => [name, format] as const),
)

describe.each(rows)('%s, %s', (name, format) => {
  test('runs without koffi over the host, and beside it over the kernel', async () => {
    const file = join(dir, `${name}.${format === 'esm' ? 'mjs' : 'cjs'}`)
    await bundlers[name]?.(format, file)
    expect(await run(file)).toBe('hosted')
    expect(await besideKoffi(() => run(file))).toBe(process.platform)
  })
})

// What a target alone has: the kernel's events, the host's sockets, the names of a network tree.
const parts = { linux: 'epoll_create1', windows: 'node:net', plan9: 'cs.query' }

describe.each(Object.keys(bundlers))('%s', (name) => {
  test.each(['linux', 'windows'])('a condition brings one target: %s', async (target) => {
    const file = join(dir, `${name}_${target}.mjs`)
    await bundlers[name]?.('esm', file, target)
    const code = readFileSync(file, 'utf8')
    expect(Object.entries(parts).filter(([, part]) => code.includes(part))).toEqual([
      [target, parts[target as keyof typeof parts]],
    ])
    expect(await besideKoffi(() => run(file))).toBe(target)
  })
})
