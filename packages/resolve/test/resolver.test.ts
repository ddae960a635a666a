import { IP, IPAddr, ipv4 } from '@net/addr'
import { afterEach, expect, test } from 'vitest'
import { InvalidNamesError } from '../src/client/failure.ts'
import { parseHosts } from '../src/files/hosts.ts'
import { parseNSSConf } from '../src/files/nsswitch.ts'
import { Resolver } from '../src/resolver.ts'
import { udpSourceAddrs, type SourceAddrs } from '../src/lookup/resolver_options.ts'
import { RRType } from '../src/dns/rr.ts'
import { nodeDial, open } from './node_dial.ts'
import { address, failure, resolverOf } from './resolver_of.ts'
import { record, Server } from './server.ts'

afterEach(async () => {
  await new Promise(setImmediate) // what nobody takes again is closed when the event loop turns
  expect(open.count).toBe(0)
})

test('Resolver.lookupHost() finds the addresses of both families', async () => {
  await using server = await Server.start(({ name, type, reply }) => {
    const ip = type === RRType.A ? IP.from([192, 0, 2, 1]) : IP.fromUint32s(0x20010db8, 0, 0, 1)
    reply({ answers: [record(name, type, { kind: type === RRType.A ? 'A' : 'AAAA', ip })] })
  })
  expect(await resolverOf(server).lookupHost('www.example.com')).toEqual(['192.0.2.1', '2001:db8::1'])
  expect(server.queries).toHaveLength(2)
})

test('Resolver.lookupHost() looks into the hosts file first', async () => {
  await using server = await Server.start(address)
  const hosts = parseHosts('10.0.0.1 www.example.com\n')
  expect(await resolverOf(server, { hosts }).lookupHost('WWW.example.com.')).toEqual(['10.0.0.1'])
  expect(server.queries).toHaveLength(0)
})

test('Resolver.lookupHost() looks into the hosts file last with "dns files"', async () => {
  await using server = await Server.start(({ reply }) => {
    reply({ rcode: 3 })
  })
  const hosts = parseHosts('10.0.0.1 www.example.com\n')
  const resolver = resolverOf(server, { hosts, nsswitch: parseNSSConf('hosts: dns files') })
  expect(await resolver.lookupHost('www.example.com')).toEqual(['10.0.0.1'])
  expect(server.queries).toHaveLength(2)
})

test('Resolver: with "hosts: files" unknown names are not found and DNS is not asked', async () => {
  await using server = await Server.start(address)
  const resolver = resolverOf(server, { nsswitch: parseNSSConf('hosts: files') })
  const lookups = [
    resolver.lookupHost('x.example'),
    resolver.lookupIPAddr('x.example'),
    resolver.lookupIP('ip', 'x.example'),
    resolver.lookupCNAME('x.example'),
    resolver.lookupAddr('192.0.2.1'),
  ]
  for (const lookup of lookups)
    expect(await failure(lookup)).toMatchObject({ err: 'no such host', isNotFound: true })
  expect(server.queries).toHaveLength(0)
})

test.each([
  ['files dns', 'canonical.example.'],
  ['files', 'canonical.example.'],
  ['dns files', 'canonical.example.'],
])('Resolver.lookupCNAME() gives the first name of the line in the hosts file (%s)', async (order, want) => {
  await using server = await Server.start(({ reply }) => {
    reply({ rcode: 3 })
  })
  const hosts = parseHosts('10.0.0.1 canonical.example alias.example\n')
  const resolver = resolverOf(server, { hosts, nsswitch: parseNSSConf(`hosts: ${order}`) })
  expect(await resolver.lookupCNAME('alias.example')).toBe(want)
})

test('Resolver.lookupCNAME() follows a chain of aliases', async () => {
  await using server = await Server.start(({ name, type, reply }) => {
    if (type !== RRType.A) {
      reply()
      return
    }
    reply({
      answers: [
        record(name, RRType.CNAME, { kind: 'CNAME', target: 'b.example.' }),
        record('b.example.', RRType.CNAME, { kind: 'CNAME', target: 'c.example.' }),
        record('c.example.', RRType.A, { kind: 'A', ip: IP.from([192, 0, 2, 1]) }),
      ],
    })
  })
  expect(await resolverOf(server).lookupCNAME('a.example')).toBe('c.example.')
})

test('Resolver orders addresses by the sources it is told', async () => {
  await using server = await Server.start(({ name, type, reply }) => {
    const ip = type === RRType.A ? IP.from([192, 0, 2, 1]) : IP.fromUint32s(0x20010db8, 0, 0, 1)
    reply({ answers: [record(name, type, { kind: type === RRType.A ? 'A' : 'AAAA', ip })] })
  })
  const sourceAddrs: SourceAddrs = async (addrs) => addrs.map(({ ip }) => ip)
  const resolver = resolverOf(server, { sourceAddrs })
  expect(await resolver.lookupHost('www.example.com')).toEqual(['2001:db8::1', '192.0.2.1'])
})

test('Resolver rejects with what sourceAddrs throws', async () => {
  await using server = await Server.start(({ name, type, reply }) => {
    const ip = type === RRType.A ? IP.from([192, 0, 2, 1]) : IP.fromUint32s(0x20010db8, 0, 0, 1)
    reply({ answers: [record(name, type, { kind: type === RRType.A ? 'A' : 'AAAA', ip })] })
  })
  const sourceAddrs: SourceAddrs = () => {
    throw new Error('no sources')
  }
  const looking = resolverOf(server, { sourceAddrs }).lookupHost('www.example.com')
  await expect(looking).rejects.toThrow('no sources')
})

test('udpSourceAddrs() gives the addresses the system would send from, null where there is no route', async () => {
  const dial: typeof nodeDial = (network, address, options) => {
    if (address.startsWith('192.0.2.1:')) throw new Error('no route')
    return nodeDial(network, address, options)
  }
  const addrs = ['127.0.0.1', '192.0.2.1'].map((ip) => IPAddr.from({ ip }))
  const sources = await udpSourceAddrs(dial)(addrs, {})
  expect(sources.map((ip) => ip && String(ip))).toEqual(['127.0.0.1', null])
})

test('Resolver asks for AAAA only after A was answered with single-request', async () => {
  let pending = 0
  await using server = await Server.start((asked) => {
    expect(++pending).toBe(1)
    setImmediate(() => {
      pending--
      address(asked)
    })
  })
  const resolver = resolverOf(server, { resolvConf: { singleRequest: true } })
  expect(await resolver.lookupHost('www.example.com')).toEqual(['192.0.2.1'])
  expect(server.queries.map((q) => q.questions[0]?.type)).toEqual([RRType.A, RRType.AAAA])
})

test('Resolver: a fatal error counts, with strictErrors, more than what was found', async () => {
  await using server = await Server.start((asked) => {
    if (asked.type === RRType.AAAA) asked.reply({ rcode: 2 })
    else address(asked)
  })
  expect(await resolverOf(server).lookupHost('a.example')).toEqual(['192.0.2.1'])
  const e = await failure(resolverOf(server, { strictErrors: true }).lookupHost('a.example'))
  expect(e).toMatchObject({ err: 'server misbehaving', isTemporary: true })
})

test('Resolver.lookupMX() gives beside its error the records with good names', async () => {
  await using server = await Server.start(({ name, type, reply }) => {
    const mx = (target: string, pref: number) => record(name, type, { kind: 'MX', pref, target })
    reply({ answers: [mx('<html>.golang.org.', 1), mx('good.golang.org.', 20), mx('.', 30)] })
  })
  const e = await failure(resolverOf(server).lookupMX('golang.org'))
  expect(e).toBeInstanceOf(InvalidNamesError)
  expect(e).toMatchObject({
    message: 'lookup golang.org: DNS response contained records which contain invalid names',
    result: [
      { host: 'good.golang.org.', pref: 20 },
      { host: '.', pref: 30 },
    ],
  })
})

test('Resolver.lookupRecords() gives records of types without a method of their own', async () => {
  const data = {
    kind: 'HTTPS',
    priority: 1,
    target: '.',
    params: [{ key: 3, value: Uint8Array.of(1, 187) }],
  } as const
  await using server = await Server.start(({ name, type, reply }) => {
    reply({ answers: [record(name, type, data)] })
  })
  const [found] = await resolverOf(server).lookupRecords('example.com', RRType.HTTPS)
  expect(found).toEqual(record('example.com.', RRType.HTTPS, data))
})

test('Resolver.lookupTXT() joins the strings of a record and reads them as UTF-8', async () => {
  const bytes = new TextEncoder().encode('grün')
  await using server = await Server.start(({ name, type, reply }) => {
    // The letter of two bytes is cut in the middle.
    reply({ answers: [record(name, type, { kind: 'TXT', strings: [bytes.slice(0, 3), bytes.slice(3)] })] })
  })
  expect(await resolverOf(server).lookupTXT('example.com')).toEqual(['grün'])
})

test('Resolver.lookupTXT() keeps a byte order mark, which is part of the text', async () => {
  await using server = await Server.start(({ name, type, reply }) => {
    const strings = [new TextEncoder().encode('\ufeffx')]
    reply({ answers: [record(name, type, { kind: 'TXT', strings })] })
  })
  expect(await resolverOf(server).lookupTXT('example.com')).toEqual(['\ufeffx'])
})

test('Resolver: names that are no strings are TypeErrors, rejected', async () => {
  const resolver = new Resolver({ preferSystem: false })
  await expect(resolver.lookupHost(1 as unknown as string)).rejects.toThrow(TypeError)
  await expect(resolver.lookupSRV('a', 'b', undefined as unknown as string)).rejects.toThrow(TypeError)
})

test('Resolver: a name with a NUL is not found, by either means', async () => {
  for (const preferSystem of [true, false]) {
    const resolver = new Resolver({ dial: nodeDial, preferSystem })
    expect(await failure(resolver.lookupHost('foo\0bar'))).toMatchObject({ isNotFound: true })
  }
})

test('Resolver without a dial says so', async () => {
  const resolver = new Resolver({ resolvConf: { attempts: 1 } })
  const e = await failure(resolver.lookupMX('example.com'))
  expect(e.err).toBe('the resolver has no dial to reach DNS servers with')
})

test('Resolver.lookupIP() gives 0.0.0.0 beside :: as Go does', async () => {
  const resolver = new Resolver()
  expect((await resolver.lookupIP('ip', '::')).map(String)).toEqual(['::', '0.0.0.0'])
  expect(await resolver.lookupIP('ip4', '192.0.2.1')).toEqual([ipv4(192, 0, 2, 1)])
})
