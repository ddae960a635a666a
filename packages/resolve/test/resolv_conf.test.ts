import { expect, test } from 'vitest'
import { parseResolvConf, ResolvConfFile, type ResolvConf } from '../src/files/resolv_conf.ts'
import { TempFile } from './temp_file.ts'
import { vectors } from './vectors.ts'

type Out = Omit<ResolvConf, 'error' | 'timeout'> & { timeoutSec: number }

test.each(vectors<{ file: string | null; hostname: string | null; path?: string }, Out>('resolv_conf'))(
  'parseResolvConf() reads a file as Go does ($tag)',
  ({ in: { file, hostname, path }, out, err }) => {
    const { timeoutSec, ...rest } = out
    const { error, ...conf } = parseResolvConf(file ?? '', hostname)
    expect(error).toBeNull()
    expect(conf).toEqual({ ...rest, timeout: timeoutSec * 1000 })
    if (file === null && path !== undefined) {
      expect(new ResolvConfFile(path).get().error?.message).toBe(err)
    }
  },
)

test('ResolvConfFile.get() keeps the defaults and the reason when there is no file', () => {
  const conf = new ResolvConfFile('/nonexistent/resolv.conf').get()
  expect(conf.servers).toEqual(['127.0.0.1:53', '[::1]:53'])
  expect(conf.error).toMatchObject({ code: 'ENOENT' })
})

test('ResolvConfFile.get() reads a changed file again', () => {
  using file = new TempFile('nameserver 192.0.2.1\n')
  const conf = new ResolvConfFile(file.path, 0)
  expect(conf.get().servers).toEqual(['192.0.2.1:53'])
  file.write('nameserver 192.0.2.2\n')
  expect(conf.get().servers).toEqual(['192.0.2.2:53'])
})

test('ResolvConfFile.get() never reads a file again that says no-reload', () => {
  using file = new TempFile('nameserver 192.0.2.1\noptions no-reload\n')
  const conf = new ResolvConfFile(file.path, 0)
  expect(conf.get().servers).toEqual(['192.0.2.1:53'])
  file.write('nameserver 192.0.2.2\n')
  expect(conf.get().servers).toEqual(['192.0.2.1:53'])
})
