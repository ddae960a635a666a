import { expect, test } from 'vitest'
import { Hosts, HostsFile, parseHosts } from '../src/files/hosts.ts'
import { Resolver } from '../src/resolver.ts'
import { failure } from './resolver_of.ts'
import { TempFile } from './temp_file.ts'

const count = 50_000
const line = (i: number): string => `0.0.0.0\tads-${i}.Tracker-${i % 97}.example ä\r\n`
const text =
  '127.0.0.1 localhost\n' +
  Array.from({ length: count }, (_, i) => line(i)).join('') +
  '10.0.0.1 last.example'

/** How many times the event loop turns until work is done. */
async function turnsOf(work: PromiseLike<unknown>): Promise<number> {
  let turns = 0
  let isOver = false
  const turn = (): void => {
    turns++
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  await work
  isOver = true
  return turns
}

test('HostsFile.load() reads a large file in turns of the loop, and all of it', async () => {
  using file = new TempFile(text)
  const hosts = new HostsFile(file.path)
  const loading = hosts.load()
  expect(loading).toBeInstanceOf(Promise)
  expect(hosts.load()).toBe(loading)
  expect(await turnsOf(Promise.resolve(loading))).toBeGreaterThan(5)
  const [loaded, parsed] = [await loading, parseHosts(text)]
  expect(hosts.load()).toBe(loaded)
  expect(loaded.lookupAddr('0.0.0.0')).toEqual(parsed.lookupAddr('0.0.0.0'))
  for (const name of [
    'localhost',
    'ADS-7.tracker-7.example',
    'ä',
    `ads-${count - 1}.tracker-44.example`,
    'last.example',
  ])
    expect(loaded.lookupHost(name)).toEqual(parsed.lookupHost(name))
  expect(loaded.lookupHost('last.example')?.addrs).toEqual(['10.0.0.1'])
})

test('HostsFile.load() gives a small file at once', () => {
  using file = new TempFile('127.0.0.1 one\n')
  expect(new HostsFile(file.path).load()).toBeInstanceOf(Hosts)
  expect(new HostsFile(`${file.path}.absent`).load()).toBeInstanceOf(Hosts)
})

test('HostsFile.load() reads a large file again when it has changed', async () => {
  using file = new TempFile(text)
  const hosts = new HostsFile(file.path, 0)
  await hosts.load()
  file.write(`${text}\n10.0.0.2 more.example\n`)
  expect((await hosts.load()).lookupHost('more.example')).not.toBeNull()
  file.write('')
  expect((await hosts.load()).lookupHost('more.example')).toBeNull()
})

test('Resolver waits for a large hosts file, but not those with a signal or a deadline that comes first', async () => {
  using file = new TempFile(text)
  const resolver = new Resolver({
    preferSystem: false,
    hosts: file.path,
    nsswitch: { sources: new Map(), error: null },
  })
  const controller = new AbortController()
  const left = resolver.lookupHost('last.example', { signal: controller.signal })
  const late = failure(resolver.lookupHost('last.example', { deadline: Date.now() + 1 }))
  const found = resolver.lookupHost('last.example')
  const name = resolver.lookupAddr('10.0.0.1')
  controller.abort('enough')
  await expect(left).rejects.toBe('enough')
  expect(resolver.pending).toBe(1)
  expect(await late).toMatchObject({ isTimeout: true })
  expect(await found).toEqual(['10.0.0.1'])
  expect(await name).toEqual(['last.example.'])
})
