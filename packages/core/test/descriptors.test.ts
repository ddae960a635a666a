import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = `
  import { dial, listen } from '@net/core'
  const listener = await listen('tcp', '127.0.0.1:0')
  const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
  await client.write(Uint8Array.of(1, 2, 3))
  console.log(await server.read(new Uint8Array(8)))
  await Promise.all([client, server, listener].map((x) => x.close()))
`

test('a program with 64 descriptors from its start imports the package, listens and dials', async () => {
  const { stdout } = await promisify(execFile)(
    '/bin/sh',
    ['-c', 'ulimit -n 64 && exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', script],
    { cwd: fileURLToPath(new URL('.', import.meta.url)) },
  )
  expect(stdout.trim()).toBe('3')
})
