import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

// An installation that has everything but koffi.
const dir = mkdtempSync(join(tmpdir(), 'net-without-ffi-'))
afterAll(() => {
  rmSync(dir, { recursive: true })
})
const root = join(import.meta.dirname, '..')
const scope = join(dir, 'node_modules/@net')
mkdirSync(scope, { recursive: true })
for (const file of ['dist', 'package.json'])
  cpSync(join(root, file), join(scope, 'posix', file), { recursive: true })
for (const name of readdirSync(join(root, 'node_modules/@net'))) {
  symlinkSync(join(root, 'node_modules/@net', name), join(scope, name))
}

const script = `
  import { parseIP, TCPAddr } from '@net/addr'
  import { allocBuffer, hosted, listenTCPSync, posix } from '@net/posix'
  const loopback = new TCPAddr(parseIP('127.0.0.1'), 0)
  const errors = []
  for (const f of [() => posix(), () => listenTCPSync('tcp', loopback)]) {
    try {
      await f()
    } catch (e) {
      errors.push(e.message)
    }
  }
  const listener = await hosted().listenTCP('tcp', loopback)
  const [c, d] = await Promise.all([hosted().dialTCP('tcp', null, listener.addr), listener.accept()])
  await c.write(Uint8Array.of(1, 2, 3))
  const n = await d.read(allocBuffer(16))
  await Promise.all([c, d, listener].map((x) => x.close()))
  console.log(JSON.stringify({ errors, n }))
`

test('posix() without the foreign function interface names hosted(), which works', async () => {
  const args = ['--input-type=module', '-e', script]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: dir,
    // A package manager's script has a list of further folders in it.
    env: { ...process.env, NODE_PATH: '' },
  })
  const reason =
    'kernel sockets are not available, as koffi is not installed where this program can load it ' +
    '(a bundle needs it beside itself): use hosted()'
  expect(JSON.parse(stdout)).toEqual({
    errors: [reason, `listen tcp 127.0.0.1:0: ${reason}`],
    n: 3,
  })
})
