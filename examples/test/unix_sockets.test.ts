import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { listenPacket } from '@net/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { missing, run, start } from './example.ts'

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'net-examples-'))
})

afterAll(async () => {
  await rm(dir, { recursive: true })
})

const noCurl = missing('curl', '--version')

test.skipIf(noCurl !== '')(`http_over_unix.mjs is a server for curl, and a client${noCurl}`, async () => {
  const path = join(dir, 'web')
  await using server = start('http_over_unix.mjs', path)
  await server.printed(/serving at /)
  const curl = await promisify(execFile)('curl', ['-sS', '--unix-socket', path, 'http://any/by/curl'])
  expect(curl.stdout).toBe('GET /by/curl\n')
  expect(await run('http_over_unix.mjs', [path, '/by/us'])).toEqual({
    code: 0,
    stdout: 'GET /by/us\n',
    stderr: '',
  })
  expect(await server.end('SIGINT')).toBe(0)
  expect(existsSync(path)).toBe(false)
})

const noLogger = missing('logger', '--version')

test.skipIf(noLogger !== '')(`syslog.mjs writes what logger writes${noLogger}`, async () => {
  const path = join(dir, 'log')
  await using log = await listenPacket('unixgram', path)
  const line = async (): Promise<string> => new TextDecoder().decode((await log.receive())[0])
  const words = ['backup', 'all is well']
  await Promise.all([
    expect(run('syslog.mjs', [...words, path])).resolves.toEqual({ code: 0, stdout: '', stderr: '' }),
    expect(line()).resolves.toMatch(/^<13>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d backup: all is well$/),
  ])
  const logger = spawn('logger', ['--socket', path, '--tag', ...words], { stdio: 'ignore' })
  expect(await line()).toMatch(/^<13>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d backup: all is well$/)
  if (logger.exitCode === null) await once(logger, 'exit')
})

const noNotify = missing('systemd-notify', '--version')

test.skipIf(noNotify !== '')(`sd_notify.mjs says what systemd-notify says${noNotify}`, async () => {
  const NOTIFY_SOCKET = join(dir, 'notify')
  await using manager = await listenPacket('unixgram', NOTIFY_SOCKET)
  const words = async (): Promise<string[]> =>
    new TextDecoder()
      .decode((await manager.receive())[0])
      .trimEnd()
      .split('\n')
      .sort()
  const said = words()
  const ours = await run('sd_notify.mjs', ['READY=1', 'STATUS=all is well'], { NOTIFY_SOCKET })
  expect(ours).toEqual({ code: 0, stdout: '', stderr: '' })
  const env = { ...process.env, NOTIFY_SOCKET }
  const theirs = spawn('systemd-notify', ['--ready', '--status=all is well', '--no-block'], {
    env,
    stdio: 'ignore',
  })
  expect(await words()).toEqual(await said)
  if (theirs.exitCode === null) await once(theirs, 'exit')
})

test('sd_notify.mjs says that nobody wants to know', async () => {
  const { code, stdout } = await run('sd_notify.mjs', ['READY=1'], { NOTIFY_SOCKET: undefined })
  expect([code, stdout]).toEqual([0, 'NOTIFY_SOCKET is not set: nobody wants to know\n'])
})
