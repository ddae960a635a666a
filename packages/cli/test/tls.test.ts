import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Running } from '@net/peers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificate, openssl } from './certificate.ts'
import { answered, finish, start } from './finished.ts'
import { netx } from './running.ts'

let dir: string
const file = (name: string): string => join(dir, name)
const own = (name: string): string[] => ['--cert', file(`${name}.pem`), '--key', file(`${name}.key`)]
const ca = (name: string): string[] => ['--ca', file(`${name}.pem`)]

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-tls-'))
})

afterAll(async () => {
  await rm(dir, { recursive: true })
})

describe.skipIf(openssl === undefined)('TLS (which needs openssl)', () => {
  beforeAll(() => {
    for (const name of ['server', 'client', 'stranger']) certificate(dir, name)
  })

  const listeningAt = /listening on tcp 127\.0\.0\.1:(\d+)\n/

  test('netx dial --tls talks to openssl s_server, which proves its name', async () => {
    const args = ['-accept', '127.0.0.1:0', '-rev', '-cert', file('server.pem'), '-key', file('server.key')]
    await using server = new Running(openssl ?? '', 's_server', ...args)
    const port = await server.printed(/ACCEPT .*:(\d+)\n/)
    const place = ['127.0.0.1', port]
    const options = [...ca('server'), '--server-name', 'server']
    // It sends lines back the wrong way round, and does not end by itself.
    const dialling = start('dial', '--tls', ...options, ...place)
    const outcome = finish(dialling, null)
    dialling.stdin.write('drawer\n')
    await once(dialling.stdout, 'data')
    dialling.stdin.end()
    await server.end('SIGTERM')
    expect((await outcome).stdout).toBe('reward\n')
  })

  test('netx listen --cert serves openssl s_client', async () => {
    await using listening = netx('listen', '--echo', ...own('server'), '127.0.0.1', '0')
    const port = await listening.printed(listeningAt)
    const args = [
      '-quiet',
      '-verify_return_error',
      '-CAfile',
      file('server.pem'),
      '-verify_hostname',
      'server',
    ]
    const client = spawn(openssl ?? '', ['s_client', '-connect', `127.0.0.1:${port}`, ...args])
    client.stdin.write('hello\n')
    const [got] = (await once(client.stdout, 'data')) as [Buffer]
    expect(got.toString()).toBe('hello\n')
    client.stdin.end()
    client.kill()
    await Promise.all([text(client.stderr), once(client, 'close')])
    await listening.closed
  })

  test('netx listen --ca lets in clients with a certificate of it', async () => {
    await using listening = netx(
      'listen',
      '-v',
      '--keep',
      '--echo',
      ...own('server'),
      ...ca('client'),
      '127.0.0.1',
      '0',
    )
    const place = [
      '--server-name',
      'server',
      ...ca('server'),
      '127.0.0.1',
      await listening.printed(listeningAt),
    ]
    expect(await finish(start('dial', ...own('client'), ...place), 'hello')).toEqual({
      code: 0,
      stdout: 'hello',
      stderr: '',
    })
    // The server of TLS 1.3 judges the client's certificate when the client's handshake is done: it just
    // hangs up.
    for (const other of [own('stranger'), []])
      expect((await finish(start('dial', '--tls', ...other, ...place), 'hello')).stdout).toBe('')
    expect(listening.text.match(/connects/g)).toHaveLength(1)
  })

  test('netx dial --tls refuses a server that has not proved its name', async () => {
    await using listening = netx('listen', '--keep', '--echo', ...own('server'), '127.0.0.1', '0')
    const place = ['127.0.0.1', await listening.printed(listeningAt)]
    for (const [args, why] of [
      [['--tls'], 'self-signed certificate'],
      [[...ca('stranger'), '--server-name', 'server'], 'self-signed certificate'],
      [ca('server'), "does not match certificate's altnames"],
    ] as const) {
      const { code, stderr } = await answered('dial', ...args, ...place)
      expect([code, stderr]).toEqual([1, expect.stringContaining(why)])
    }
  })

  test('--connect-timeout and --timeout end a handshake with a server that says nothing', async () => {
    await using silent = netx('listen', '--keep', '127.0.0.1', '0')
    const place = ['127.0.0.1', await silent.printed(listeningAt)]
    for (const option of ['--connect-timeout', '--timeout']) {
      const { code, stderr } = await answered('dial', '--tls', option, '200', ...place)
      expect([code, stderr]).toEqual([1, expect.stringContaining('timeout')])
    }
  })
})

test.each([[['listen', '--cert', 'x']], [['listen', '--ca', 'x']], [['dial', '--tls', '--key', 'x']]])(
  'netx shows its usage when it is called with %j',
  async (args) => {
    const { code, stderr } = await answered(...args, '127.0.0.1', '1')
    expect([code, stderr]).toEqual([2, expect.stringContaining('usage: netx ')])
  },
)
