import { expect, test } from 'vitest'
import { HostsFile, parseHosts } from '../src/files/hosts.ts'
import { TempFile } from './temp_file.ts'
import { vectors } from './vectors.ts'

interface Out {
  hosts: ({ addrs: string[]; canonical: string } | null)[]
  addrs: (string[] | null)[]
}

test.each(vectors<{ file: string; hosts: string[]; addrs: string[] }, Out>('hosts_file'))(
  'parseHosts() reads a file as Go does ($tag)',
  ({ in: { file, hosts, addrs }, out }) => {
    const parsed = parseHosts(file)
    expect(hosts.map((h) => parsed.lookupHost(h))).toEqual(out.hosts)
    expect(addrs.map((a) => parsed.lookupAddr(a))).toEqual(out.addrs)
  },
)

test('Hosts.lookupHost() gives arrays that the caller may change', () => {
  const hosts = parseHosts('127.0.0.1 a b\n')
  hosts.lookupHost('a')?.addrs satisfies readonly string[] | undefined
  ;(hosts.lookupHost('a')?.addrs as string[]).push('x')
  hosts.lookupAddr('127.0.0.1')?.push('x')
  expect(hosts.lookupHost('a')?.addrs).toEqual(['127.0.0.1'])
  expect(hosts.lookupAddr('127.0.0.1')).toEqual(['a', 'b'])
})

test('HostsFile.get() sees a changed file when its time has come and not before', () => {
  using file = new TempFile('127.0.0.1 one\n')
  const eager = new HostsFile(file.path, 0)
  const lazy = new HostsFile(file.path)
  expect(eager.get().lookupHost('one')).not.toBeNull()
  expect(lazy.get().lookupHost('one')).not.toBeNull()
  file.write('127.0.0.1 two\n')
  expect(eager.get().lookupHost('two')).not.toBeNull()
  expect(eager.get().lookupHost('one')).toBeNull()
  expect(lazy.get().lookupHost('one')).not.toBeNull()
})

test('HostsFile.get() keeps what it parsed while the file stays the same', () => {
  using file = new TempFile('127.0.0.1 one\n')
  const hosts = new HostsFile(file.path, 0)
  expect(hosts.get()).toBe(hosts.get())
})

test('HostsFile.get() is empty without the file and finds it when it comes', () => {
  using file = new TempFile()
  const hosts = new HostsFile(file.path)
  expect(hosts.get().lookupHost('one')).toBeNull()
  file.write('127.0.0.1 one\n')
  expect(hosts.get().lookupHost('one')).not.toBeNull()
})
