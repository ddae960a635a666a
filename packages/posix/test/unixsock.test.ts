import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { UnixAddr } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, listenUnixSync, posix } from '../src/index.ts'

const target = posix()
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const dir = mkdtempSync(join(tmpdir(), 'net-unix-'))
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

const unix = (name: string): UnixAddr => new UnixAddr(name, 'unix')

test('UnixListener.close() removes the file, unless told not to', async () => {
  const path = join(dir, 'unlink')
  const first = listenUnixSync('unix', unix(path))
  expect(existsSync(path)).toBe(true)
  await first.close()
  expect(existsSync(path)).toBe(false)
  const second = listenUnixSync('unix', unix(path))
  second.setUnlinkOnClose(false)
  await second.close()
  expect(existsSync(path)).toBe(true)
  expect(() => listenUnixSync('unix', unix(path))).toThrow(
    `listen unix ${path}: bind: address already in use`,
  )
  rmSync(path)
})

test('closing a UnixListener again does not remove the file of its successor', async () => {
  const path = join(dir, 'twice')
  const first = listenUnixSync('unix', unix(path))
  await first.close()
  const second = listenUnixSync('unix', unix(path))
  await first.close()
  expect(existsSync(path)).toBe(true)
  await second.close()
})

test.each([
  ['@net-test-abstract', '@net-test-abstract'],
  ['\0net-test-nul', '@net-test-nul'],
  ['@net\0test\0inside', '@net\0test\0inside'],
])('abstract name %j is listened on, dialled and printed with an at sign', async (name, printed) => {
  const listener = listenUnixSync('unix', unix(name))
  expect(listener.addr.name).toBe(printed)
  const [c, s] = await Promise.all([target.dialUnix('unix', null, unix(name)), listener.accept()])
  expect(s.localAddr.name).toBe(printed)
  expect(s.remoteAddr.name).toBe('')
  expect(c.remoteAddr.toString()).toBe(name)
  await Promise.all([c.close(), s.close(), listener.close()])
})

test('an empty name is bound to one that the kernel chooses', async () => {
  const listener = listenUnixSync('unix', unix(''))
  expect(listener.addr.name).toMatch(/^@[0-9a-f]{5}$/)
  await listener.close()
})

test('a Unix client may have a name, which the server sees', async () => {
  const [at, from] = [join(dir, 'server'), join(dir, 'client')]
  const listener = listenUnixSync('unix', unix(at))
  const [c, s] = await Promise.all([target.dialUnix('unix', unix(from), unix(at)), listener.accept()])
  expect(c.localAddr.name).toBe(from)
  expect(s.remoteAddr.name).toBe(from)
  await Promise.all([c.close(), s.close(), listener.close()])
  rmSync(from)
})

test('a path of 107 bytes fits a Unix address, one of 108 is an invalid argument', async () => {
  const fits = join(dir, 'x'.repeat(107 - dir.length - 1))
  await listenUnixSync('unix', unix(fits)).close()
  const long = `${fits}y`
  expect(() => listenUnixSync('unix', unix(long))).toThrow(
    expect.objectContaining({
      message: `listen unix ${long}: bind: invalid argument`,
      code: 'EINVAL',
      syscall: 'bind',
    }) as Error,
  )
  await expect(target.dialUnix('unix', null, unix(long))).rejects.toMatchObject({
    message: `dial unix ${long}: connect: invalid argument`,
    code: 'EINVAL',
  })
  const abstract = `@${'a'.repeat(107)}`
  const listener = listenUnixSync('unix', unix(abstract))
  expect(listener.addr.name).toBe(abstract)
  await listener.close()
})

test('a Unix name that nobody listens on is Go’s error', async () => {
  const path = join(dir, 'nobody')
  await expect(target.dialUnix('unix', null, unix(path))).rejects.toMatchObject({
    message: `dial unix ${path}: connect: no such file or directory`,
    code: 'ENOENT',
    errno: -2,
    syscall: 'connect',
    op: 'dial',
    net: 'unix',
    source: null,
  })
})
