import { IP } from '@net/addr'
import { expect, test } from 'vitest'
import { DNSCache } from '../src/client/cache.ts'
import { parseHosts } from '../src/files/hosts.ts'
import { parseNSSConf } from '../src/files/nsswitch.ts'
import { Resolver } from '../src/resolver.ts'
import { RRType } from '../src/dns/rr.ts'
import { nodeDial } from './node_dial.ts'
import { record, Server, txt, type Asked } from './server.ts'

function resolverOf(server: Server, cache: DNSCache): Resolver {
  return new Resolver({
    dial: nodeDial,
    preferSystem: false,
    hosts: parseHosts(''),
    nsswitch: parseNSSConf('hosts: files dns'),
    resolvConf: { servers: [server.address], attempts: 1 },
    cache,
  })
}

const soa = (ttl: number, minTTL: number) =>
  record(
    'example.',
    RRType.SOA,
    { kind: 'SOA', ns: 'ns.', mbox: 'm.', serial: 1, refresh: 1, retry: 1, expire: 1, minTTL },
    ttl,
  )

test('DNSCache answers in place of the server, whatever the case of the name', async () => {
  await using server = await Server.start(({ name, reply }) => {
    reply({ answers: [txt(name, 'x', 100)] })
  })
  const cache = new DNSCache()
  const resolver = resolverOf(server, cache)
  expect(await resolver.lookupTXT('a.example')).toEqual(['x'])
  expect(await resolver.lookupTXT('A.Example.')).toEqual(['x'])
  expect(await resolver.lookupTXT('a.example')).toEqual(['x'])
  expect(server.queries).toHaveLength(1)
  cache.clear()
  expect(cache.size).toBe(0)
  await resolver.lookupTXT('a.example')
  expect(server.queries).toHaveLength(2)
})

test('DNSCache keeps a reply for its smallest TTL, and none with 0', async () => {
  await using server = await Server.start(({ name, type, reply }) => {
    const alias = record(
      name,
      RRType.CNAME,
      { kind: 'CNAME', target: 'b.example.' },
      name.startsWith('zero') ? 0 : 7,
    )
    reply({ answers: [alias, record('b.example.', type, { kind: 'A', ip: IP.from([192, 0, 2, 1]) }, 900)] })
  })
  const cache = new DNSCache()
  const resolver = resolverOf(server, cache)
  await resolver.lookupIP('ip4', 'zero.example')
  expect(cache.size).toBe(0)
  await resolver.lookupIP('ip4', 'a.example')
  const [entry] = cache.entries()
  expect(entry).toMatchObject({ name: 'a.example.', type: RRType.A, server: server.address, found: true })
  expect(entry?.ttl).toBeLessThanOrEqual(7)
  expect(entry?.ttl).toBeGreaterThan(6)
  expect(await resolver.lookupCNAME('a.example')).toBe('b.example.')
})

test('DNSCache asks again when the time is over', async () => {
  await using server = await Server.start(({ name, reply }) => {
    reply({ answers: [txt(name, String(server.queries.length), 1)] })
  })
  const cache = new DNSCache()
  const resolver = resolverOf(server, cache)
  expect(await resolver.lookupTXT('a.example')).toEqual(['1'])
  // Nothing tells when an entry is over but the clock.
  while ([...cache.entries()].length > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await resolver.lookupTXT('a.example')).toEqual(['2'])
})

test('DNSCache keeps the absence of a name for what the SOA says', async () => {
  await using server = await Server.start(({ name, reply }: Asked) => {
    const without = name.startsWith('nosoa')
    reply({ rcode: name.startsWith('no') ? 3 : 0, authorities: without ? [] : [soa(60, 40)] })
  })
  const cache = new DNSCache()
  const resolver = resolverOf(server, cache)
  for (const name of ['none.example', 'nodata.example', 'nosoa.example', 'none.example', 'nodata.example']) {
    await expect(resolver.lookupTXT(name)).rejects.toMatchObject({
      isNotFound: true,
      server: server.address,
      name,
    })
  }
  expect(server.queries).toHaveLength(3)
  const kept = [...cache.entries()]
  expect(kept.map((e) => e.found)).toEqual([false, false])
  for (const { ttl } of kept) expect(ttl).toBeLessThanOrEqual(40)
})

test('DNSCache keeps no failures and no truncated replies', async () => {
  await using server = await Server.start(({ name, reply }) => {
    if (name.startsWith('bad')) reply({ rcode: 2, authorities: [soa(60, 60)] })
    else reply({ truncated: true, answers: [txt(name, 'part')] })
  })
  const cache = new DNSCache()
  const resolver = resolverOf(server, cache)
  await expect(resolver.lookupTXT('bad.example')).rejects.toMatchObject({ isTemporary: true })
  expect(await resolver.lookupTXT('part.example')).toEqual(['part'])
  expect(cache.size).toBe(0)
})

test('DNSCache forgets the oldest beyond its size, and a name on request', async () => {
  await using server = await Server.start(({ name, reply }) => {
    reply({ answers: [txt(name, 'x')] })
  })
  const cache = new DNSCache(2)
  const resolver = resolverOf(server, cache)
  for (const name of ['a.example', 'b.example', 'c.example']) await resolver.lookupTXT(name)
  expect([...cache.entries()].map((e) => e.name)).toEqual(['b.example.', 'c.example.'])
  expect(cache.delete('B.example')).toBe(true)
  expect(cache.delete('b.example')).toBe(false)
  expect(cache.size).toBe(1)
})
