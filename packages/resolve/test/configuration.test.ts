import { afterEach, expect, test, vi } from 'vitest'
import { FILE_MAX_AGE } from '../src/files/system_file.ts'
import { Resolver } from '../src/resolver.ts'
import { TempFile } from './temp_file.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** A resolver that has all it knows from files. */
function resolverWith(hosts: string, nsswitch: string): Resolver {
  return new Resolver({ hosts, nsswitch, preferSystem: false, resolvConf: { servers: [] } })
}

async function address(resolver: Resolver): Promise<string> {
  return resolver.lookupIP('ip4', 'a.example').then(String, (e: unknown) => String(e))
}

test('Resolver looks at its files again after five seconds, and no earlier', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  using hosts = new TempFile('192.0.2.1 a.example\n')
  using nsswitch = new TempFile('hosts: files\n')
  const resolver = resolverWith(hosts.path, nsswitch.path)
  expect(await address(resolver)).toBe('192.0.2.1')
  hosts.write('192.0.2.222 a.example\n')
  vi.setSystemTime(Date.now() + FILE_MAX_AGE - 1)
  expect(await address(resolver)).toBe('192.0.2.1')
  vi.setSystemTime(Date.now() + 1)
  expect(await address(resolver)).toBe('192.0.2.222')
})

test('Resolver looks at its files again when the clock was set back', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  using hosts = new TempFile('192.0.2.1 a.example\n')
  using nsswitch = new TempFile('hosts: files\n')
  const resolver = resolverWith(hosts.path, nsswitch.path)
  expect(await address(resolver)).toBe('192.0.2.1')
  hosts.write('192.0.2.222 a.example\n')
  vi.setSystemTime(Date.now() - 1)
  expect(await address(resolver)).toBe('192.0.2.222')
})

test('Resolver goes by another order as soon as nsswitch.conf says so', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  using hosts = new TempFile('192.0.2.1 a.example\n')
  using nsswitch = new TempFile('hosts: files\n')
  const resolver = resolverWith(hosts.path, nsswitch.path)
  expect(await address(resolver)).toBe('192.0.2.1')
  nsswitch.write('hosts: dns # of which there are no servers\n')
  vi.setSystemTime(Date.now() + FILE_MAX_AGE)
  expect(await address(resolver)).toBe('a.example: lookup a.example: no such host')
})

test('Resolver looks for a file that is missing each time', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  using hosts = new TempFile()
  using nsswitch = new TempFile('hosts: files\n')
  const resolver = resolverWith(hosts.path, nsswitch.path)
  expect(await address(resolver)).toBe('a.example: lookup a.example: no such host')
  hosts.write('192.0.2.1 a.example\n')
  expect(await address(resolver)).toBe('192.0.2.1')
})
