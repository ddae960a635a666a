import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keepLeaks, leaks, pipe } from '../src/index.ts'
import { stacks, type Stack } from './stacks.ts'

test('leaks() gives nothing before keepLeaks() was called', async () => {
  const [a, b] = pipe()
  expect(leaks()).toEqual([])
  await Promise.all([a.close(), b.close()])
  keepLeaks()
  expect(leaks()).toEqual([])
})

describe.each(stacks)('over %s', (_name, open) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await open()
  })
  afterAll(() => stack.close())

  test('leaks() gives what is open with the stack that opened it, until it is closed', async () => {
    const { net } = stack
    const before = leaks().length
    const opened = (): string[] => leaks().map(({ what, stack }) => `${what}\n${stack}`)
    const listener = await (async function announces() {
      return await net.listen('tcp', '127.0.0.1:0')
    })()
    const [server, client] = await Promise.all([
      (async function accepts() {
        return await listener.accept()
      })(),
      (async function dials() {
        return await net.dial('tcp', listener.addr.toString())
      })(),
    ])
    const packets = await net.listenPacket('udp', '127.0.0.1:0')
    for (const [what, who] of [
      [listener.addr.toString(), 'announces'],
      [`${server.localAddr.toString()}->${server.remoteAddr.toString()}`, 'accepts'],
      [`${client.localAddr.toString()}->${client.remoteAddr.toString()}`, 'dials'],
    ] as const) {
      expect(opened()).toContainEqual(expect.stringMatching(new RegExp(`^tcp ${what}\n[^]*at ${who} `)))
    }
    expect(opened()).toContainEqual(expect.stringMatching(`^udp ${packets.localAddr.toString()}\n`))
    await Promise.all([server, client, packets, listener].map((x) => x.close()))
    await expect.poll(() => leaks().length).toBe(before)
  })
})

test('leaks() knows pipes, and forgets an end when it is closed', async () => {
  const before = leaks().length
  const [a, b] = pipe()
  expect(leaks().length).toBe(before + 2)
  await a.close()
  expect(leaks().length).toBe(before + 1)
  await b.close()
  expect(leaks().length).toBe(before)
})

test('NET_LEAKS=1 prints at exit what is open, and where it was opened; without it nothing is printed', async () => {
  const script = `
    import { dial, listen } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
    async function forgets() {
      return await listen('tcp', '127.0.0.1:0')
    }
    const l = await forgets()
    const c = await dial('tcp', l.addr.toString())
    await c.close()
    process.exit()`
  const run = async (NET_LEAKS: string): Promise<string> => {
    const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { ...process.env, NET_LEAKS },
    })
    return stderr
  }
  expect(await run('1')).toMatch(
    /^net: left open: tcp 127\.0\.0\.1:\d+\n( +at .*\n)* +at forgets .*\n( +at .*\n)*\n?$/,
  )
  expect(await run('')).toBe('')
})
