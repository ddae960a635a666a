import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { posix } from '../src/index.ts'
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

test.skipIf(noRing !== '')(`the ring of a worker is closed when that is terminated ${noRing}`, async () => {
  const rings = (): number =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:[io_uring]'
      } catch {
        return false // the descriptor that listed the directory
      }
    }).length
  posix()
  const before = rings()
  const worker = new Worker(join(import.meta.dirname, 'ring_worker.mjs'), { execArgv: [] })
  expect(await once(worker, 'message')).toEqual([8])
  expect(rings()).toBe(before + 1)
  await worker.terminate()
  expect(rings()).toBe(before)
})
