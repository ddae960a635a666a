import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { runStep, same } from '../step.mjs'

const demo = fileURLToPath(new URL('../demo.mjs', import.meta.url))

test('the demo goes well on every target', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [demo])
  expect(stderr).toBe('')
  expect(stdout).toMatch(/\nAll \d+ went well\.\n$/)
  const lines = stdout.split('\n')
  for (const target of ['posix', 'hosted']) {
    for (const network of ['tcp4', 'udp4', 'unix']) {
      const rows = lines.filter((line) => line.startsWith(target.padEnd(6)) && line.includes(`  ${network} `))
      expect(rows.length, `${target} ${network}`).toBeGreaterThan(1)
      for (const row of rows) expect(row).toMatch(/ ms {2}(ok|skipped: .*)$/)
    }
  }
})

test('runStep() finds a wrong result wrong', async () => {
  const step = (run: () => Promise<number>): Promise<{ wrong: boolean; ok: string }> =>
    runStep('t', { network: 'n', what: 'w', run })
  const bytes = new Uint8Array([1, 2, 3])
  expect(await step(async () => same(bytes, bytes))).toMatchObject({ wrong: false, ok: 'ok', bytes: 3 })
  expect(await step(async () => same(new Uint8Array([1, 2, 4]), bytes))).toMatchObject({
    wrong: true,
    ok: 'other bytes than were sent',
  })
  expect(await step(async () => same(bytes.subarray(1), bytes))).toMatchObject({
    wrong: true,
    ok: '2 bytes instead of 3',
  })
})
