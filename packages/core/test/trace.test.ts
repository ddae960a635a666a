import { execFile } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { hosted, posix } from '@net/posix'
import type { TraceMessage } from '@net/io'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { Net } from '../src/index.ts'
import { embeddedNet, plan9 } from '../src/plan9/index.ts'

// The thread's poller is made by the first that waits, and stays.
await using first = await new Net(posix()).listen('tcp', '127.0.0.1:0')
await Promise.all(
  [first.accept(), new Net(posix()).dial('tcp', first.addr.toString())].map(async (c) => (await c).close()),
)
await first.close()
const check = ledger(keepLeaks())
afterAll(() => check())

const kinds = ['dial', 'listen', 'resolve', 'accept', 'read', 'write', 'close']

/** Follows how operations end, until `stop`. */
function follow(): { ended: TraceMessage[]; stop(): void } {
  const ended: TraceMessage[] = []
  const note = (message: unknown): void => void ended.push(message as TraceMessage)
  const names = kinds.map((kind) => `tracing:@net.${kind}:asyncEnd`)
  for (const name of names) subscribe(name, note)
  return {
    ended,
    stop: () => {
      for (const name of names) unsubscribe(name, note)
    },
  }
}

const tree = embeddedNet(posix())
afterAll(() => tree.close())

describe.each([
  ["the kernel's sockets", new Net(posix())],
  ["the host's sockets", new Net(hosted())],
  ['an embedded /net', new Net(plan9({ net: tree }))],
])('over %s', (_name, net) => {
  test('dial, listen, resolve, accept, read, write and close are told with addresses and results', async () => {
    const { ended, stop } = follow()
    try {
      const listener = await net.listen('tcp', '127.0.0.1:0')
      const address = `localhost:${(listener.addr as unknown as { port: number }).port}`
      const [server, client] = await Promise.all([listener.accept(), net.dial('tcp4', address)])
      const p = new Uint8Array(8)
      const reading = server.read(p)
      await client.write(new Uint8Array(3))
      await reading
      await Promise.all([server.close(), client.close()])
      await listener.close()
      const of = (op: string): TraceMessage[] => ended.filter((m) => m.op === op)
      expect(of('listen')).toContainEqual({
        op: 'listen',
        net: 'tcp',
        source: null,
        addr: '127.0.0.1:0',
        result: listener,
      })
      expect(of('dial')).toContainEqual({
        op: 'dial',
        net: 'tcp4',
        source: null,
        addr: address,
        result: client,
      })
      expect(of('lookupIPAddr').map((m) => m.addr)).toContain('localhost')
      expect(of('accept')).toContainEqual(expect.objectContaining({ result: server }))
      const ends = { source: server.localAddr, addr: server.remoteAddr }
      expect(of('read')).toContainEqual(expect.objectContaining({ ...ends, result: 3, waited: true }))
      expect(of('write')).toContainEqual(expect.objectContaining({ source: client.localAddr, result: 3 }))
      const closed = of('close').map((m) => `${String(m.source)} ${String(m.addr)}`)
      expect(closed).toEqual(
        expect.arrayContaining([
          `${String(server.localAddr)} ${String(server.remoteAddr)}`,
          `${String(client.localAddr)} ${String(client.remoteAddr)}`,
        ]),
      )
    } finally {
      stop()
    }
  })

  test('a dial that is refused tells its error', async () => {
    const listener = await net.listen('tcp', '127.0.0.1:0')
    const address = listener.addr.toString()
    await listener.close()
    const { ended, stop } = follow()
    const error: unknown = await net.dial('tcp', address).catch((e: unknown) => e)
    stop()
    expect(ended.filter((m) => m.op === 'dial' && m.addr === address)).toMatchObject([{ error, net: 'tcp' }])
  })
})

test('NODE_DEBUG=net writes operations, waits, ends and system calls to standard error, and none without it', async () => {
  const script = `
    import { dial, listen } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
    const l = await listen('tcp', '127.0.0.1:0')
    const [c, s] = await Promise.all([dial('tcp', l.addr.toString()), l.accept()])
    const reading = s.read(new Uint8Array(64))
    await c.write(new Uint8Array(10))
    await reading
    await c.read(new Uint8Array(1), { signal: AbortSignal.abort() }).catch(() => {})
    await Promise.all([c.close(), s.close(), l.close()])`
  const run = (NODE_DEBUG: string): Promise<{ stderr: string }> =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { ...process.env, NODE_DEBUG },
    })
  const lines = (await run('net')).stderr.replace(/^NET \d+: /gm, '')
  for (const line of [
    /^listen tcp 127\.0\.0\.1:0$/m,
    /^socket\(\d+, \d+, \d+\) = \d+$/m,
    /^read tcp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+ waits$/m,
    /^recv\(\d+, 64 bytes, 64, \d+\) = EAGAIN$/m,
    /^read tcp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: 10$/m,
    /^read tcp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: failed: AbortError: /m,
    /^dial tcp 127\.0\.0\.1:\d+: \w+ 127\.0\.0\.1:\d+$/m,
    /^close tcp 127\.0\.0\.1:\d+$/m,
    /^close\(\d+\) = 0$/m,
  ]) {
    expect(lines).toMatch(line)
  }
  expect((await run('')).stderr).toBe('')
})
