import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('the connection of the README passes the suite under node:test, as the README says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  // Inside the package, so that it finds itself by name.
  const dir = mkdtempSync(join(import.meta.dirname, 'readme-'))
  try {
    const files = [...readme.matchAll(/^```js (\S+)\n(.*?)^```$/gms)]
    expect(files.map((f) => f[1])).toEqual(['my_conn.js', 'my_conn.test.js'])
    for (const [, name = '', text = ''] of files) writeFileSync(join(dir, name), text)
    // Without the variable that tells a test runner it is run by another.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const args = ['--test', '--test-reporter=tap', 'my_conn.test.js']
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: dir, env, encoding: 'utf8' })
    const failed = stdout.split('\n').filter((line) => /^\s*not ok/.test(line))
    expect(failed, stdout + stderr).toEqual([])
    expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(45)
    expect(stdout).toMatch(/^# fail 0$/m)
  } finally {
    rmSync(dir, { recursive: true })
  }
})
