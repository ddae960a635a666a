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
  const [heading = '', ...lines] = stdout.split('\n')
  expect(heading.trim().split(/ {2,}/)).toEqual([
    ...['what was done', 'bytes', 'posix', 'hosted', '/net', '/net 9P', '/net TLS', 'sim'],
  ])
  const time = / +(?:[\d.]+ ms|skipped)/.source
  for (const [network, cells] of [
    ['tcp4', `(${time}){6}`],
    ['udp4', `(${time}){5} +-`],
    ['names', `(${time}){6}`],
    ['unix', `(${time}){2}( +-){4}`],
  ] as const) {
    const rows = lines.filter((line) => line.startsWith(`${network} `))
    expect(rows.length, network).toBeGreaterThan(0)
    for (const row of rows) expect(row).toMatch(new RegExp(`^${network} .*${cells}$`))
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
