import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = `
  import { rmSync } from 'node:fs'
  import { createServer } from 'node:net'
  import { posix } from '@net/posix'
  const path = '/tmp/koffi-' + process.pid + '.sock'
  createServer().listen(path, function () {
    rmSync(path)
    this.close()
    console.log(posix().name)
  })
`

test('posix() starts after fs.rmSync has removed a socket', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(import.meta.dirname, '..'),
  })
  expect(stdout).toBe('posix\n')
})
