import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'

test('without a descriptor left, pairs, files and messages fail in the kernel’s words and work again afterwards', async () => {
  const check = ledger(keepLeaks())
  const script = join(import.meta.dirname, 'exhausted.mjs')
  const out = execFileSync('/bin/sh', ['-c', 'ulimit -n 512 && exec "$@"', 'sh', process.execPath, script])
  const MSG_CTRUNC = 0x8
  expect(JSON.parse(out.toString())).toEqual({
    errors: [
      'EMFILE socketpair unix: socketpair: too many open files',
      'EMFILE file tcp [::]:N: fcntl: too many open files',
      'EMFILE file file+net unix:->: fcntl: too many open files',
    ],
    // What the message carried beside its byte is lost, and the receiver is told.
    counts: [
      [1, 0, MSG_CTRUNC],
      [1, 1, MSG_CTRUNC],
      [1, 2, 0],
    ],
    works: 2,
  })
  await check()
})
