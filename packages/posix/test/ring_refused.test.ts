import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { noRing } from './ring.ts'

test.skipIf(noRing !== '')(
  `where no ring can be had it is an error of who asked for it by name, and others go on without ${noRing}`,
  () => {
    const program = join(import.meta.dirname, 'ring_refused.mjs')
    const output = execFileSync('sh', ['-c', 'ulimit -n 256; exec "$0" "$1"', process.execPath, program], {
      encoding: 'utf8',
    })
    expect(output).toBe(`io_uring_setup EMFILE\n${'8'.repeat(32)}\n`)
  },
)
