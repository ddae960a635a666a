import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createNetServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Running } from '@net/peers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { curl, curlPath } from './curl.ts'
import { page, pageServer } from './page_server.ts'
import { bin, netx, proxies } from './running.ts'

let dir: string
let server: Awaited<ReturnType<typeof pageServer>>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-'))
  server = await pageServer()
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
})

test.skipIf(curlPath === undefined)('netx export and netx import carry curl over a Unix socket', async () => {
  const path = join(dir, 'net')
  await using exported = netx('export', `unix!${path}`)
  await exported.printed(/exporting \/net at unix!.*\/net\n0 sessions, 0 conversations/)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const { running: imported, via } = await proxies(`unix!${path}`)
  await using ending = imported
  for (const way of via) {
    const got = await curl(...way, server.url)
    expect(got).toMatchObject({ code: 0, message: '' })
    expect(got.body.equals(page)).toBe(true)
  }
  expect((await curl(...(via[0] ?? []), 'http://127.0.0.1:1/')).message).toContain('(5)')
  expect(await ending.end('SIGTERM')).toBe(0)
  expect(imported.text).toMatch(/1 session, \d connections? of 4, \d.*sent, 3\.\d MB received\n$/)
  expect(await exported.end('SIGINT')).toBe(0)
  expect(exported.text).toMatch(
    /ended after 1 session\n0 sessions, 0 conversations, 3\.\d MB read, .* written\n$/,
  )
  expect(existsSync(path)).toBe(false)
})

test('netx dial, listen and resolve go through the /net that --net names', async () => {
  const address = `unix!${join(dir, 'for-dial')}`
  await using exported = netx('export', address)
  await exported.printed(/exporting/)
  await using listening = netx('listen', '--net', address, '--wait', '200', 'tcp', '127.0.0.1:0')
  const to = await listening.printed(/listening on tcp (.*)\n/)
  listening.child.stdin?.end('from the listener')
  await using dialling = netx('dial', '--net', address, '--wait', '200', 'tcp', to)
  dialling.child.stdin?.end('from the dialler')
  await Promise.all([listening.closed, dialling.closed])
  expect(dialling.text).toBe('from the listener')
  expect(listening.text).toBe(`listening on tcp ${to}\nfrom the dialler`)
  await using resolving = netx('resolve', '--net', address, 'tcp', 'localhost:http')
  await resolving.closed
  expect(resolving.text).toMatch(/^(127\.0\.0\.1|\[::1\]):80\n$/)
  expect(await exported.end('SIGTERM')).toBe(0)
})

test.skipIf(curlPath === undefined)('netx export keeps to its rules', async () => {
  const address = `unix!${join(dir, 'rules')}`
  const port = new URL(server.url).port
  const denied = createServer((_req, res) => res.end('no')).listen(0, '127.0.0.1')
  await once(denied, 'listening')
  await using exported = netx('export', '--allow', `connect,tcp!127.0.0.0/8!${port}`, address)
  await exported.printed(/exporting/)
  const { running, via } = await proxies(address)
  await using imported = running
  expect((await curl(...(via[0] ?? []), server.url)).body.equals(page)).toBe(true)
  const other = `http://127.0.0.1:${(denied.address() as AddressInfo).port}/`
  expect((await curl(...(via[0] ?? []), other)).message).toContain('(2)')
  expect(
    (await curl(...(via[1] ?? []), '-o', '/dev/null', '-w', '%{http_code}', other)).body.toString(),
  ).toBe('403')
  denied.close()
  await imported.end('SIGTERM')
  expect(await exported.end('SIGTERM')).toBe(0)
  expect(exported.text).toMatch(/[1-9]\d* denied/)
})

test.skipIf(curlPath === undefined)('netx import connects again when its link was cut', async () => {
  const address = `unix!${join(dir, 'cut')}`
  await using first = netx('export', address)
  await first.printed(/exporting/)
  const { running: imported, via } = await proxies(address)
  await using ending = imported
  const [way = []] = via
  expect((await curl(...way, server.url)).body.equals(page)).toBe(true)
  await first.end('SIGKILL')
  await imported.printed(/the link to .* is cut: /)
  expect((await curl(...way, server.url)).message).toContain('(1)')
  // The socket of one that was killed is in nobody's way.
  await using second = netx('export', address)
  await second.printed(/exporting/)
  await imported.printed(/stands again/)
  expect((await curl(...way, server.url)).body.equals(page)).toBe(true)
  await using third = netx('export', address)
  await third.closed
  expect(third.text).toContain('address already in use')
  expect(await ending.end('SIGINT')).toBe(0)
})

test.each([
  [['import']],
  [['import', 'unix!/x']],
  [['import', '--socks', '1', '--cert', 'x', 'unix!/x']],
  [['export', 'unix!/a', 'unix!/b']],
  [['export', '--allow', 'a!b!c!d']],
])('netx shows its usage when it is called with %j', async (args) => {
  await using running = netx(...args)
  await running.closed
  expect(running.child.exitCode).toBe(2)
  expect(running.text).toContain(`usage: netx ${args[0] ?? ''}`)
})

test('netx import tells why it cannot begin', async () => {
  await using nobody = netx('import', '--socks', '0', `unix!${join(dir, 'nobody')}`)
  await nobody.closed
  expect([nobody.child.exitCode, nobody.text]).toEqual([
    1,
    `netx: dial unix ${join(dir, 'nobody')}: connect: no such file or directory\n`,
  ])
  const silent = createNetServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  await using other = netx('import', '--http', '0', `tcp!127.0.0.1!${(silent.address() as AddressInfo).port}`)
  await other.closed
  expect(other.child.exitCode).toBe(1)
  expect(other.text).toMatch(/^netx: 9P session ended/)
  silent.close()
  const address = `unix!${join(dir, 'for-all')}`
  await using exported = netx('export', address)
  await exported.printed(/exporting/)
  await using open = netx('import', '--socks', '0.0.0.0:0', address)
  await open.closed
  expect([open.child.exitCode, open.text]).toEqual([
    1,
    expect.stringContaining('anybody could use a proxy at'),
  ])
})

const script = existsSync('/usr/bin/script') ? '/usr/bin/script' : undefined

test.skipIf(script === undefined)('netx export shows one line that changes on a terminal', async () => {
  const path = join(dir, 'terminal')
  const command = `${process.execPath} ${bin} export unix!${path}`
  await using exported = new Running(script ?? '', '-qfec', command, '/dev/null')
  await exported.printed(/0 sessions, 0 conversations/)
  await using dialling = netx('dial', '--net', `unix!${path}`, 'tcp', new URL(server.url).host)
  await exported.printed(/\r\x1b\[K1 session, 1 conversation, /) // eslint-disable-line no-control-regex
  dialling.child.stdin?.end()
  expect(await dialling.end('SIGKILL')).toBe(null)
  await exported.printed(/\r\x1b\[K0 sessions, 0 conversations, /) // eslint-disable-line no-control-regex
})

test('netx export --no-lookups leaves clients numeric addresses', async () => {
  const address = `unix!${join(dir, 'no-lookups')}`
  await using exported = netx('export', '--no-lookups', address)
  await exported.printed(/exporting/)
  await using numeric = netx('dial', '--net', address, 'tcp', '127.0.0.1:1')
  await numeric.printed(/connection refused/)
  await using named = netx('resolve', '--net', address, 'localhost')
  await named.printed(/permission denied/)
  expect(await exported.end('SIGTERM')).toBe(0)
})
