import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { getOption, listenTCPSync, setOption } from '../src/index.ts'
import { Connected, loopback } from './connected.ts'
import { Namespace, namespaceRefused } from './netns.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const refused = namespaceRefused()

// Only in a namespace of its own may a test turn it on for servers.
test.skipIf(refused !== null)(
  `TCP_FASTOPEN sends the first write along with the connection's first segment ${refused ?? ''}`,
  async () => {
    const ns = new Namespace()
    try {
      ns.ip('link', 'set', 'lo', 'up')
      const args = ['netns', 'exec', ns.name, process.execPath, 'fast_open.mjs']
      const { stdout } = await promisify(execFile)('ip', args, { cwd: import.meta.dirname })
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
      const common = { remote: true, text: 'hello', read: 5, got: 300_000, qlen: 16 }
      expect(lines).toEqual([
        // The first connection only fetches the server's cookie.
        { ...common, state: 'established', synData: [false, false], controls: 1 },
        { ...common, state: 'syn-sent', synData: [true, true], controls: 2 },
        { ...common, state: 'syn-sent', synData: [true, true], controls: 3 },
      ])
    } finally {
      await ns.close()
    }
  },
)

test('TCP_FASTOPEN and TCP_FASTOPEN_CONNECT do no harm where the system does not serve it', async () => {
  await using pair = await Connected.dial(
    {
      control: (_n, _a, raw) => {
        setOption(raw, 'TCP_FASTOPEN_CONNECT', true)
      },
    },
    {
      control: (_n, _a, raw) => {
        setOption(raw, 'TCP_FASTOPEN', 8)
      },
    },
  )
  expect(getOption(pair.c, 'TCP_FASTOPEN_CONNECT')).toBe(true)
  await pair.c.write(Uint8Array.of(1, 2))
  expect(await pair.s.read(new Uint8Array(4))).toBe(2)
  const listener = listenTCPSync('tcp', loopback)
  setOption(listener, 'TCP_FASTOPEN', 4) // a listener takes it late, too
  await listener.close()
})
