import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { inject } from 'postject'
import { afterAll, beforeAll, expect, test } from 'vitest'

// The mark in Node's program behind which it looks whether an application was put into it.
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
const refusal = readFileSync(process.execPath).includes(FUSE) ? null : 'this Node takes in no application'

let dir: string

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'single-'))
})

afterAll(() => {
  rmSync(dir, { recursive: true })
})

async function run(file: string, ...args: string[]): Promise<string> {
  // A shim of the package manager may have set NODE_PATH, where koffi would be found from anywhere.
  const env = { ...process.env, NODE_PATH: '' }
  const { stdout } = await promisify(execFile)(file, args, { env, cwd: dir })
  return stdout.trim()
}

test.skipIf(refusal !== null)(
  'a single executable goes over the host, and with koffi beside it over the kernel',
  async () => {
    await build({
      entryPoints: [fileURLToPath(new URL('bundled.mjs', import.meta.url))],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: join(dir, 'bundle.cjs'),
      logLevel: 'error',
    })
    const config = { main: 'bundle.cjs', output: 'bundle.blob', disableExperimentalSEAWarning: true }
    writeFileSync(join(dir, 'config.json'), JSON.stringify(config))
    await run(process.execPath, '--experimental-sea-config', 'config.json')
    const program = join(dir, 'program')
    copyFileSync(process.execPath, program)
    await inject(program, 'NODE_SEA_BLOB', readFileSync(join(dir, 'bundle.blob')), { sentinelFuse: FUSE })
    expect(await run(program)).toBe('hosted')
    symlinkSync(
      fileURLToPath(new URL('../../posix/node_modules', import.meta.url)),
      join(dir, 'node_modules'),
    )
    expect(await run(program)).toBe(process.platform)
  },
)
