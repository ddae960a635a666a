import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isASCII } from '../src/dns/name_text.ts'
import { RRType } from '../src/dns/rr.ts'
import { parseHosts } from '../src/files/hosts.ts'
import { parseNSSConf } from '../src/files/nsswitch.ts'
import { Resolver } from '../src/resolver.ts'
import { address, failure, resolverOf } from './resolver_of.ts'
import { record, Server, txt, type Asked } from './server.ts'

const echoName = ({ name, reply }: Asked): void => reply({ answers: [txt(name, name)] })

const localhosts = ['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'a.b.LocalHost.']

test.each(
  localhosts.flatMap((name) => ['files dns', 'dns files', 'dns', 'files'].map((order) => [name, order])),
)('Resolver: %s has the loopback addresses and is not asked for (%s)', async (name = '', order = '') => {
  await using server = await Server.start(address)
  const conf = { search: ['example.com.', 'localhost.'], ndots: 2 }
  const resolver = resolverOf(server, { nsswitch: parseNSSConf(`hosts: ${order}`), resolvConf: conf })
  expect(await resolver.lookupHost(name)).toEqual(['127.0.0.1', '::1'])
  expect((await resolver.lookupIP('ip4', name)).map(String)).toEqual(['127.0.0.1'])
  expect((await resolver.lookupIP('ip6', name)).map(String)).toEqual(['::1'])
  expect(await resolver.lookupCNAME(name)).toBe(`${name.toLowerCase().replace(/\.$/, '')}.`)
  for (const lookup of [
    resolver.lookupMX(name),
    resolver.lookupTXT(name),
    resolver.lookupSRV('x', 'tcp', name),
    resolver.lookupRecords(name, RRType.A),
  ])
    expect(await failure(lookup)).toMatchObject({ err: 'no such host', isNotFound: true })
  expect(server.queries).toHaveLength(0)
})

test('Resolver: what the hosts file says of localhost counts', async () => {
  await using server = await Server.start(address)
  for (const order of ['files dns', 'dns files']) {
    const resolver = resolverOf(server, {
      hosts: parseHosts('127.0.0.2 localhost\n127.0.0.3 a.localhost\n'),
      nsswitch: parseNSSConf(`hosts: ${order}`),
    })
    expect(await resolver.lookupHost('localhost')).toEqual(['127.0.0.2'])
    expect(await resolver.lookupHost('a.localhost')).toEqual(['127.0.0.3'])
    expect(await resolver.lookupHost('b.localhost')).toEqual(['127.0.0.1', '::1'])
  }
  expect(server.queries).toHaveLength(0)
})

test('Resolver asks for names that only look like localhost', async () => {
  await using server = await Server.start(address)
  const resolver = resolverOf(server)
  for (const name of ['localhost.example', 'mylocalhost', 'localhost.localdomain'])
    expect(await resolver.lookupHost(name)).toEqual(['192.0.2.1'])
})

test('Resolver asks no server for a name under a search domain that is localhost', async () => {
  await using server = await Server.start(address)
  const resolver = resolverOf(server, { resolvConf: { search: ['localhost.'], ndots: 2 } })
  expect(await resolver.lookupHost('a')).toEqual(['192.0.2.1'])
  expect(new Set(server.queries.map((q) => q.questions[0]?.name))).toEqual(new Set(['a.']))
})

test.each(['x.onion', 'x.ONION.', 'a.b.onion'])('Resolver asks no server for %s', async (name) => {
  await using server = await Server.start(address)
  const resolver = resolverOf(server, { resolvConf: { search: ['onion.', 'example.onion.'], ndots: 3 } })
  // Go gives no addresses, and no error.
  expect(await resolver.lookupHost(name)).toEqual([])
  expect(await resolver.lookupIPAddr(name)).toEqual([])
  for (const lookup of [
    resolver.lookupIP('ip', name),
    resolver.lookupCNAME(name),
    resolver.lookupMX(name),
    resolver.lookupTXT(name),
    resolver.lookupSRV('x', 'tcp', name),
    resolver.lookupRecords(name, RRType.A),
  ])
    await expect(lookup).rejects.toThrow(/no such host|no suitable address/)
  expect(server.queries).toHaveLength(0)
})

test('Resolver makes no name under .onion by its search list', async () => {
  await using server = await Server.start(address)
  const resolver = resolverOf(server, { resolvConf: { search: ['onion.', 'example.com.'], ndots: 2 } })
  expect(await resolver.lookupHost('a')).toEqual(['192.0.2.1'])
  expect(server.queries.map((q) => q.questions[0]?.name)).toEqual(['a.example.com.', 'a.example.com.'])
})

test('Resolver with idna asks for A-labels', async () => {
  await using server = await Server.start(echoName)
  const resolver = resolverOf(server, { idna: true })
  expect(await resolver.lookupTXT('Bücher.example')).toEqual(['xn--bcher-kva.example.'])
  expect(await resolver.lookupRecords('bücher.example', RRType.TXT)).toHaveLength(1)
  await using hosts = await Server.start(address)
  expect(await resolverOf(hosts, { idna: true }).lookupHost('ü.example')).toEqual(['192.0.2.1'])
  expect(new Set(hosts.queries.map((q) => q.questions[0]?.name))).toEqual(new Set(['xn--tda.example.']))
  expect(await resolverOf(hosts, { idna: true }).lookupHost('ｌocalhost')).toEqual(['127.0.0.1', '::1'])
  expect(await failure(resolver.lookupHost('ü/x'))).toMatchObject({
    message: 'lookup ü/x: not an internationalized domain name',
    isNotFound: true,
  })
})

test('Resolver without idna finds no name that is not ASCII, and says why', async () => {
  await using server = await Server.start(address)
  const resolver = resolverOf(server)
  for (const lookup of [
    resolver.lookupHost('bücher.example'),
    resolver.lookupMX('bücher.example'),
    resolver.lookupRecords('bücher.example', RRType.MX),
  ]) {
    const e = await failure(lookup)
    expect(e).toMatchObject({ message: 'lookup bücher.example: no such host', isNotFound: true })
    expect(String(e.cause)).toContain('DNS knows only names in ASCII')
  }
  expect(server.queries).toHaveLength(0)
})

test.each([
  ['_dmarc.example.com', '_dmarc.example.com.'],
  ['*.example.com', '*.example.com.'],
  ['-a-.123', '-a-.123.'],
  ['0/25.2.0.192.in-addr.arpa', '0/25.2.0.192.in-addr.arpa.'],
  ['a b.example', 'a b.example.'],
  ['\\255\\000.example', '\xff\0.example.'],
])('Resolver.lookupRecords() asks for %j', async (name, asked) => {
  await using server = await Server.start(echoName)
  const resolver = resolverOf(server)
  const [record] = await resolver.lookupRecords(name, RRType.TXT)
  expect(server.queries.map((q) => q.questions[0]?.name)).toEqual([asked])
  expect(record?.data).toMatchObject({ kind: 'TXT' })
  expect(isASCII(record?.name ?? 'ü')).toBe(true)
})

test('Resolver.lookupRecords() asks for a label with a dot in it', async () => {
  const names: Uint8Array[] = []
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.on('message', (query: Buffer, from) => {
    names.push(query.subarray(12, query.length - 15))
    // The question alone, and an answer that points at it: TXT "x".
    const reply = Buffer.concat([
      query.subarray(0, query.length - 11),
      Buffer.from('c00c001000010000003c00020178', 'hex'),
    ])
    reply.set([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], 2)
    socket.send(reply, from.port, from.address)
  })
  const resolver = resolverOf([`127.0.0.1:${socket.address().port}`])
  const [found] = await resolver.lookupRecords('first\\.last.example', RRType.TXT)
  expect(found).toMatchObject({ name: 'first\\046last.example.', data: { kind: 'TXT' } })
  expect(names.map(String)).toEqual(['\x0afirst.last\x07example\0'])
  socket.close()
  await once(socket, 'close')
})

test.each(['a..b', '', 'x'.repeat(64), 'a\\'])(
  'Resolver.lookupRecords() finds nothing for %j, which DNS does not allow',
  async (name) => {
    expect(await failure(resolverOf(['127.0.0.1:9']).lookupRecords(name, RRType.TXT))).toMatchObject({
      isNotFound: true,
    })
  },
)

test('Resolver.lookupMX() and lookupRecords() of one odd name at once are two lookups', async () => {
  await using server = await Server.start(({ name, type, reply }) => {
    reply({ answers: [record(name, type, { kind: 'MX', pref: 1, target: 'mx.example.' })] })
  })
  const resolver = resolverOf(server)
  const [mx, records] = await Promise.allSettled([
    resolver.lookupMX('a b'),
    resolver.lookupRecords('a b', RRType.MX),
  ])
  expect([mx.status, records.status]).toEqual(['rejected', 'fulfilled'])
})

test.each(['files', 'files dns', 'dns files', 'dns', 'mymachines'])(
  'Resolver.lookupAddr() gives rooted names, and the error of a bad address (%s)',
  async (source) => {
    const resolver = new Resolver({
      nsswitch: parseNSSConf(`hosts: ${source}`),
      hosts: parseHosts('192.0.2.1 a.example b.example.\n'),
      resolvConf: { servers: [], search: [] },
      dial: () => Promise.reject(new Error('no server')),
      system: {
        lookupIPAddr: () => Promise.reject(new Error('not asked for')),
        lookupAddr: async () => ['a.example', 'b.example.'],
      },
    })
    if (source !== 'dns') expect(await resolver.lookupAddr('192.0.2.1')).toEqual(['a.example.', 'b.example.'])
    for (const bad of ['', '192.0.2', 'a.example', '192.0.2.1:80'])
      expect(await failure(resolver.lookupAddr(bad))).toMatchObject({
        message: `lookup ${bad}: unrecognized address`,
      })
  },
)
