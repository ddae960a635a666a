import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FILE_MAX_AGE } from '../src/files/system_file.ts'
import { Resolver } from '../src/resolver.ts'
import { TempFile } from './temp_file.ts'

let hosts: TempFile // which is not there before a test writes it
let nsswitch: TempFile
let resolver: Resolver

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  hosts = new TempFile()
  nsswitch = new TempFile('hosts: files\n')
  const paths = { hosts: hosts.path, nsswitch: nsswitch.path }
  resolver = new Resolver({ ...paths, preferSystem: false, resolvConf: { servers: [] } })
})

afterEach(() => {
  vi.useRealTimers()
  hosts[Symbol.dispose]()
  nsswitch[Symbol.dispose]()
})

async function address(): Promise<string> {
  return resolver.lookupIP('ip4', 'a.example').then(String, (e: unknown) => String(e))
}

test('Resolver looks at its files again after five seconds, and no earlier', async () => {
  hosts.write('192.0.2.1 a.example\n')
  expect(await address()).toBe('192.0.2.1')
  hosts.write('192.0.2.222 a.example\n')
  vi.setSystemTime(Date.now() + FILE_MAX_AGE - 1)
  expect(await address()).toBe('192.0.2.1')
  vi.setSystemTime(Date.now() + 1)
  expect(await address()).toBe('192.0.2.222')
})

test('Resolver looks at its files again when the clock was set back', async () => {
  hosts.write('192.0.2.1 a.example\n')
  expect(await address()).toBe('192.0.2.1')
  hosts.write('192.0.2.222 a.example\n')
  vi.setSystemTime(Date.now() - 1)
  expect(await address()).toBe('192.0.2.222')
})

test('Resolver goes by another order as soon as nsswitch.conf says so', async () => {
  hosts.write('192.0.2.1 a.example\n')
  expect(await address()).toBe('192.0.2.1')
  nsswitch.write('hosts: dns # of which there are no servers\n')
  vi.setSystemTime(Date.now() + FILE_MAX_AGE)
  expect(await address()).toBe('a.example: lookup a.example: no such host')
})

test('Resolver looks for a file that is missing each time', async () => {
  expect(await address()).toBe('a.example: lookup a.example: no such host')
  hosts.write('192.0.2.1 a.example\n')
  expect(await address()).toBe('192.0.2.1')
})
