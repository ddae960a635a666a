import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)

/** The first piece of code of a page. */
function firstCode(page: string): string {
  const text = readFileSync(new URL(page, root), 'utf8')
  return /^```(?:js|ts)\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? ''
}

test.each(['README.md', 'packages/core/README.md'])(
  'the code that %s begins with works when pasted',
  async (page) => {
    const code = firstCode(page)
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(12)
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', code],
      { cwd: fileURLToPath(new URL('examples', root)) },
    )
    expect(stderr).toBe('')
    expect(stdout).toBe('hello back\n')
  },
)
