import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dialUnix, UnixAddr } from '@net/core'
import { Dnsmasq, dnsmasqPath } from '@net/peers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { finish, finished, start } from './finished.ts'
import { NineServer } from './nine_server.ts'
import { netx } from './running.ts'

// What sets the title of a terminal, clears it, and starts a line of its own.
const words = '\x1b]0;owned\x07\x1b[2J\nnetx: all is well\u202e\x9b31m'
const shown = String.raw`\x1b]0;owned\x07\x1b[2J\nnetx: all is well\u202e\x9b31m`

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-printed-'))
})

afterAll(async () => {
  await rm(dir, { recursive: true })
})

test.each([
  ['dial', ['tcp', '127.0.0.1:9']],
  ['listen', ['tcp', '127.0.0.1:0']],
  ['resolve', ['localhost']],
  ['interfaces', []],
])('netx %s shows the words of a /net, and does not obey them', async (command, args) => {
  await using server = await NineServer.start({ words })
  const { code, stdout, stderr } = await finished(command, '--net', server.address, ...args)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^netx: .*\n$/)
  expect(stderr).toContain(shown)
  const json = await finished(command, '--json', '--net', server.address, ...args)
  expect(json.stderr).toMatch(/^[ -~]*\n$/)
  expect((JSON.parse(json.stderr) as { error: string }).error).toContain(words)
})

test('netx import shows the words of a /net, and does not obey them', async () => {
  await using server = await NineServer.start({ words })
  const { code, stderr } = await finished('import', '--socks', '0', server.address)
  expect(code).toBe(1)
  expect(stderr.split('\n')).toHaveLength(2)
  expect(stderr).toContain(shown)
})

test('the HTTP proxy of netx import shows the words of a /net', async () => {
  await using server = await NineServer.start({ words, attached: true })
  await using imported = netx('import', '--http', '0', server.address)
  const proxy = await imported.printed(/HTTP proxy at (.*)\n/)
  const asked = await finish(start('dial', 'tcp', proxy), 'CONNECT 127.0.0.1:9 HTTP/1.1\r\nHost: x\r\n\r\n')
  expect(asked.stdout).toContain(shown)
  await imported.end('SIGTERM')
})

const absent = dnsmasqPath === null ? ' (skipped: dnsmasq is not installed)' : ''

test.skipIf(dnsmasqPath === null)(`netx resolve shows what records say${absent}`, async () => {
  const text = '\x1b]0;owned\x1b[2J'
  await using server = await Dnsmasq.start(dnsmasqPath ?? '', [`--txt-record=evil.test,${text}`])
  const args = ['--server', server.address, '--type', 'txt', 'evil.test']
  expect(await finished('resolve', ...args)).toEqual({
    code: 0,
    stdout: `${String.raw`\x1b]0;owned\x1b[2J`}\n`,
    stderr: '',
  })
  const json = await finished('resolve', '--json', ...args)
  expect(json.stdout).toMatch(/^[ -~]*\n$/)
  expect(JSON.parse(json.stdout)).toMatchObject({ name: 'evil.test.', type: 'TXT', data: text })
})

test('netx listen -v shows the address of who connects', async () => {
  const path = join(dir, 'sock')
  const listening = start('listen', '-v', 'unix', path)
  const ended = finish(listening, null)
  await once(listening.stderr, 'data')
  // An abstract name may hold anything.
  const name = `@${randomUUID()}\x1b[2J\n`
  await using conn = await dialUnix('unix', new UnixAddr(name, 'unix'), new UnixAddr(path, 'unix'))
  await conn.close()
  listening.stdin.end()
  const { stderr } = await ended
  expect(stderr.split('\n')[1]).toBe(
    `${JSON.stringify(name).slice(1, -1).replace('\\u001b', '\\x1b')} connects`,
  )
})

test('what a peer sends goes to the output as it is', async () => {
  const server = createServer((socket) => socket.end(words)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  expect(await finished('dial', '127.0.0.1', String(port))).toEqual({ code: 0, stdout: words, stderr: '' })
  server.close()
  await once(server, 'close')
})
