import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'

const check = ledger(keepLeaks())
afterAll(check)

test('workers that alone use the package can be terminated while they wait', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['worker_alone.mjs'], {
    cwd: import.meta.dirname,
  })
  expect(stdout).toBe('terminated\n')
})
