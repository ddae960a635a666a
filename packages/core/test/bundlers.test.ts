import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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

const program = `
import { defaultNet, dial, listen } from '@net/core'
async function main() {
  const listener = await listen('tcp', '127.0.0.1:0')
  const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
  await Promise.all([client.close(), server.close(), listener.close()])
  console.log(defaultNet().target.name)
}
void main()
`

type Format = 'esm' | 'cjs'
type Bundler = (input: string, format: Format, file: string) => Promise<unknown>

const bundlers: Readonly<Record<string, Bundler>> = {
  esbuild: (input, format, file) =>
    build({
      entryPoints: [input],
      bundle: true,
      platform: 'node',
      format,
      external: ['koffi'],
      outfile: file,
      logLevel: 'error',
      logOverride: { 'empty-import-meta': 'silent' },
    }),
  rolldown: async (input, format, file) => {
    const made = await rolldown({ input, platform: 'node', external: 'koffi' })
    await made.write({ file, format, codeSplitting: false })
    await made.close()
  },
  rollup: async (input, format, file) => {
    const made = await rollup({
      input,
      external: [/^node:/, 'koffi'],
      plugins: [nodeResolve({ exportConditions: ['node'] })],
    })
    await made.write({ file, format, inlineDynamicImports: true })
    await made.close()
  },
  webpack: (input, format, file) => {
    const esm = format === 'esm'
    const compiler = webpack({
      mode: 'production',
      optimization: { minimize: false },
      target: 'node20',
      entry: input,
      externals: { koffi: esm ? 'module koffi' : 'commonjs koffi' },
      experiments: { outputModule: esm },
      output: {
        path: join(file, '..'),
        filename: file.slice(file.lastIndexOf('/') + 1),
        ...(esm && { library: { type: 'module' }, module: true }),
      },
      // import.meta stays what it is where the bundle runs.
      module: { parser: { javascript: { importMeta: !esm, url: false } } },
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
const input = fileURLToPath(new URL(`bundled_${process.pid}.mjs`, import.meta.url))

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bundlers-'))
  writeFileSync(input, program) // where @net/core is found
})

afterAll(() => {
  rmSync(dir, { recursive: true })
  rmSync(input)
})

async function run(file: string): Promise<string> {
  // A shim of the package manager may have set NODE_PATH, where koffi would be found from anywhere.
  const env = { ...process.env, NODE_PATH: '' }
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env })
  return stdout.trim()
}

const rows = Object.keys(bundlers).flatMap((name) =>
  (['esm', 'cjs'] as const).map((format) => [name, format] as const),
)

describe.each(rows)('%s, %s', (name, format) => {
  test('runs without koffi over the host, and beside it over the kernel', async () => {
    const file = join(dir, `${name}.${format === 'esm' ? 'mjs' : 'cjs'}`)
    await bundlers[name]?.(input, format, file)
    expect(await run(file)).toBe('hosted')
    const modules = join(dir, 'node_modules')
    symlinkSync(fileURLToPath(new URL('../../posix/node_modules', import.meta.url)), modules)
    try {
      expect(await run(file)).toBe(process.platform)
    } finally {
      rmSync(modules)
    }
  })
})
