import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Runs Node beside the package as users have it, from dist, and gives what it prints. */
async function run(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: here('.') })
  return stdout.trim()
}

test("an import loads none of the host's modules of networking, streams and threads", async () => {
  const loaded = JSON.parse(await run(here('imported.mjs'))) as string[]
  expect(loaded.filter((name) => name !== 'NativeModule diagnostics_channel')).toEqual([])
})

test.skipIf(!['linux', 'darwin', 'freebsd', 'openbsd'].includes(process.platform))(
  "an import over the kernel's sockets loads few files, and nothing of the host's sockets",
  async () => {
    const flags = ['--experimental-loader', here('loaded.mjs'), '--no-warnings', '--input-type=module']
    const urls = (await run(...flags, '-e', "import '@net/core'")).split('\n')
    const files = urls.flatMap((url) => /packages\/(.*\.js)$/.exec(url)?.[1] ?? [])
    expect(files.sort()).toEqual([
      'addr/dist/index.js',
      'contract/dist/index.js',
      'core/dist/index.js',
      'core/dist/targets/native.js',
      'io/dist/index.js',
      'posix/dist/chunks/interface_group.js',
      'posix/dist/kernel.js',
      'resolve/dist/index.js',
      'stubs/dist/index.js',
    ])
  },
)
