import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = `
await import('@net/core')
const loaded = process.moduleLoadList.filter((name) => /^NativeModule (net|dgram|dns|tls|http)$/.test(name))
console.log(JSON.stringify(loaded))
`

// The package as users have it, from dist. What the host loads to print is loaded after the list was made.
test("an import loads none of the host's modules of networking", async () => {
  const args = ['--input-type=module', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
  expect(JSON.parse(stdout)).toEqual([])
})
