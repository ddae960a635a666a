import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = new URL('..', import.meta.url)

test('the example in the README prints what it says, and lets the process end', () => {
  const [, code] = /```js\n([\s\S]*?)```/.exec(readFileSync(new URL('README.md', root), 'utf8')) ?? []
  const said = [...(code ?? '').matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map((match) => match[1])
  expect(said).toHaveLength(3)
  const args = ['--input-type=module', '-e', code ?? '']
  const run = spawnSync(process.execPath, args, { cwd: fileURLToPath(root), encoding: 'utf8' })
  expect(run.stderr).toBe('')
  expect(run.stdout.trim().split('\n')).toEqual(said)
})
