import { promises as dns } from 'node:dns'
import { DNSError } from '@net/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DNSCache } from '../src/client/cache.ts'
import { parseHosts } from '../src/files/hosts.ts'
import { parseNSSConf } from '../src/files/nsswitch.ts'
import { Resolver } from '../src/resolver.ts'
import type { ResolverOptions } from '../src/lookup/resolver_options.ts'
import { RRType } from '../src/dns/rr.ts'
import { Dnsmasq, dnsmasqPath } from '@net/peers'
import { nodeDial, open } from './node_dial.ts'

const many = Array.from({ length: 20 }, (_, i) => `--txt-record=many.test,${i}-${'x'.repeat(200)}`)

const zone = [
  '--local=/test/',
  '--local-ttl=30',
  '--host-record=dual.test,192.0.2.1,2001:db8::1',
  '--host-record=four.test,192.0.2.4',
  '--host-record=six.test,2001:db8::6',
  '--cname=alias.test,dual.test',
  '--mx-host=mail.test,mx2.mail.test,20',
  '--mx-host=mail.test,mx1.mail.test,10',
  '--srv-host=_sip._tcp.test,b.test,5061,20,5',
  '--srv-host=_sip._tcp.test,a.test,5060,10,5',
  '--txt-record=text.test,one,two',
  '--ptr-record=9.2.0.192.in-addr.arpa,nine.test',
  '--caa-record=dual.test,0,issue,ca.test',
  '--host-record=host.inner.test,192.0.2.7',
  '--address=/wild.test/192.0.2.8',
  ...many,
]

const reason = dnsmasqPath === null ? ' (skipped: dnsmasq is not installed)' : ''

describe.skipIf(dnsmasqPath === null)(`Resolver with dnsmasq${reason}`, () => {
  let server: Dnsmasq
  const peer = new dns.Resolver()

  beforeAll(async () => {
    server = await Dnsmasq.start(dnsmasqPath ?? '', zone)
    peer.setServers([server.address])
  })

  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await new Promise(setImmediate)
    expect(open.count).toBe(0)
  })

  function resolver(options: ResolverOptions = {}): Resolver {
    return new Resolver({
      dial: nodeDial,
      preferSystem: false,
      hosts: parseHosts(''),
      nsswitch: parseNSSConf('hosts: files dns'),
      resolvConf: { servers: [server.address] },
      ...options,
    })
  }

  test('Resolver.lookupHost() gives the addresses of both families', async () => {
    const both = [...(await peer.resolve4('dual.test')), ...(await peer.resolve6('dual.test'))]
    expect(await resolver().lookupHost('dual.test')).toEqual(both)
    expect(await resolver().lookupHost('alias.test')).toEqual(both)
    expect(await resolver().lookupHost('six.test')).toEqual(await peer.resolve6('six.test'))
  })

  test('Resolver.lookupIP() gives the family asked for', async () => {
    expect((await resolver().lookupIP('ip4', 'dual.test')).map(String)).toEqual(['192.0.2.1'])
    expect((await resolver().lookupIP('ip6', 'dual.test')).map(String)).toEqual(['2001:db8::1'])
    await expect(resolver().lookupIP('ip6', 'four.test')).rejects.toMatchObject({ isNotFound: true })
  })

  test('Resolver.lookupCNAME() gives the canonical name', async () => {
    expect(await resolver().lookupCNAME('alias.test')).toBe('dual.test.')
    expect(await resolver().lookupCNAME('dual.test')).toBe('dual.test.')
  })

  test('Resolver.lookupMX(), lookupSRV() and lookupTXT() agree with c-ares', async () => {
    const mx = (await peer.resolveMx('mail.test')).map((r) => ({ host: `${r.exchange}.`, pref: r.priority }))
    expect(await resolver().lookupMX('mail.test')).toEqual(mx.sort((a, b) => a.pref - b.pref))
    const { cname, addrs } = await resolver().lookupSRV('sip', 'tcp', 'test')
    expect(cname).toBe('_sip._tcp.test.')
    const srv = (await peer.resolveSrv('_sip._tcp.test')).map(({ name, port, priority, weight }) => ({
      target: `${name}.`,
      port,
      priority,
      weight,
    }))
    expect(addrs).toEqual(srv.sort((a, b) => a.priority - b.priority))
    const text = (await peer.resolveTxt('text.test')).map((strings) => strings.join(''))
    expect(await resolver().lookupTXT('text.test')).toEqual(text)
  })

  test('Resolver.lookupAddr() gives the names of an address', async () => {
    expect(await resolver().lookupAddr('192.0.2.9')).toEqual(['nine.test.'])
    expect(await resolver().lookupAddr('2001:db8::1')).toEqual(['dual.test.'])
  })

  test('Resolver.lookupRecords() gives CAA', async () => {
    const [caa] = await resolver().lookupRecords('dual.test', RRType.CAA)
    expect(caa?.data).toEqual({
      kind: 'CAA',
      flags: 0,
      tag: 'issue',
      value: new TextEncoder().encode('ca.test'),
    })
  })

  test('Resolver reads over TCP what does not fit into a packet', async () => {
    const want = (await peer.resolveTxt('many.test')).map((strings) => strings.join('')).sort()
    expect((await resolver().lookupTXT('many.test')).sort()).toEqual(want)
    expect(want).toHaveLength(20)
  })

  test('Resolver tells a name that does not exist from one that has no such record', async () => {
    for (const name of ['nosuch.test', 'text.test']) {
      const e: unknown = await resolver()
        .lookupHost(name)
        .catch((e: unknown) => e)
      expect(e).toBeInstanceOf(DNSError)
      const message = `lookup ${name} on ${server.address}: no such host`
      expect(e).toMatchObject({ isNotFound: true, isTemporary: false, message })
    }
  })

  test('Resolver looks a short name up in the domains of the search list', async () => {
    const conf = { servers: [server.address], search: ['nowhere.test.', 'inner.test.'] }
    expect(await resolver({ resolvConf: conf }).lookupHost('host')).toEqual(['192.0.2.7'])
  })

  test('Resolver keeps replies in a cache for as long as they say', async () => {
    const cache = new DNSCache()
    const cached = resolver({ cache })
    await cached.lookupHost('dual.test')
    const kept = [...cache.entries()]
    expect(kept.map(({ name, type }) => [name, type])).toEqual([
      ['dual.test.', RRType.A],
      ['dual.test.', RRType.AAAA],
    ])
    for (const { ttl, found } of kept) {
      expect(found).toBe(true)
      expect(ttl).toBeLessThanOrEqual(30)
    }
    expect(await cached.lookupHost('dual.test')).toEqual(['192.0.2.1', '2001:db8::1'])
  })

  test('Resolver: five hundred lookups at once all succeed', async () => {
    const one = resolver()
    const found = await Promise.all(
      Array.from({ length: 500 }, (_, i) => one.lookupIP('ip4', `n${i}.wild.test`)),
    )
    expect(found.map(String)).toEqual(Array(500).fill('192.0.2.8'))
    expect(one.pending).toBe(0)
  })
})
