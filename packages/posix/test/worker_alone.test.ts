import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'

const check = ledger(keepLeaks())
afterAll(check)

test('a worker has no kernel sockets when the main thread has not loaded them before, and can have the hosted', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['worker_alone.mjs'], {
    cwd: import.meta.dirname,
  })
  expect(stdout.split('\n')).toEqual([
    'false',
    'kernel sockets are not available, as the foreign function interface did not load: use hosted()',
    'the main thread has to call posix() before it starts a worker that needs kernel sockets',
    '',
  ])
})
