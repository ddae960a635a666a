import { setMaxListeners } from 'node:events'
import { stat } from 'node:fs/promises'
import { IP, IPAddr, ipv4 } from '@net/addr'
import { DNSError, ErrDeadlineExceeded, isErr } from '@net/contract'
import { afterEach, expect, test } from 'vitest'
import { InvalidNamesError } from '../src/failure.ts'
import { parseHosts } from '../src/hosts.ts'
import { parseNSSConf } from '../src/nsswitch.ts'
import { Resolver } from '../src/resolver.ts'
import { udpSourceAddrs, type ResolverOptions, type SourceAddrs } from '../src/resolver_options.ts'
import { RRType } from '../src/rr.ts'
import { nodeDial, open } from './node_dial.ts'
import { record, Server, txt, type Asked } from './server.ts'

const filesDNS = parseNSSConf('hosts: files dns')

function resolverOf(server: Server | readonly string[], options: ResolverOptions = {}): Resolver {
  const servers = server instanceof Server ? [server.address] : server
  const { resolvConf, ...rest } = options
  const conf = typeof resolvConf === 'object' ? resolvConf : {}
  return new Resolver({
    dial: nodeDial,
    preferSystem: false,
    hosts: parseHosts(''),
    nsswitch: filesDNS,
    resolvConf: { servers, attempts: 1, ...conf },
    ...rest,
  })
}

async function failure(p: Promise<unknown>): Promise<DNSError> {
  const e: unknown = await p.then(
    () => new Error('it did not fail'),
    (e: unknown) => e,
  )
  if (e instanceof DNSError) return e
  throw e
}

const address = ({ name, type, reply }: Asked): void => {
  if (type === RRType.A) reply({ answers: [record(name, type, { kind: 'A', ip: IP.from([192, 0, 2, 1]) })] })
  else reply()
}

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

test('Resolver asks again over TCP when a reply is truncated', async () => {
  await using server = await Server.start(({ network, name, reply }) => {
    if (network === 'udp') reply({ truncated: true })
    else reply({ answers: [txt(name, 'whole')] })
  })
  expect(await resolverOf(server).lookupTXT('example.com')).toEqual(['whole'])
  expect(server.queries).toHaveLength(2)
})

test('Resolver takes a truncated reply over TCP as it is', async () => {
  await using server = await Server.start(({ name, reply }) => {
    reply({ truncated: true, answers: [txt(name, 'part')] })
  })
  expect(await resolverOf(server).lookupTXT('example.com')).toEqual(['part'])
})

test('Resolver reads a reply of the greatest size over TCP', async () => {
  const text = 'x'.repeat(250)
  await using server = await Server.start(({ name, reply }) => {
    reply({ answers: Array.from({ length: 240 }, () => txt(name, text)) })
  })
  const found = await resolverOf(server, { resolvConf: { useTCP: true } }).lookupTXT('example.com')
  expect(found).toEqual(Array(240).fill(text))
})

test('Resolver takes a connection without readFrom for a stream, although udp was asked for', async () => {
  await using server = await Server.start(({ network, name, reply }) => {
    reply({ answers: [txt(name, network)] })
  })
  const networks: string[] = []
  const dial: typeof nodeDial = (network, address, options) => {
    networks.push(network)
    return nodeDial('tcp', address, options)
  }
  expect(await resolverOf(server, { dial }).lookupTXT('example.com')).toEqual(['tcp'])
  expect(networks).toEqual(['udp'])
})

test('Resolver goes through the servers in turn with rotate', async () => {
  const answer = ({ name, reply }: Asked): void => reply({ answers: [txt(name, 'x')] })
  await using one = await Server.start(answer)
  await using two = await Server.start(answer)
  const resolver = resolverOf([one.address, two.address], { resolvConf: { rotate: true } })
  for (let i = 0; i < 4; i++) await resolver.lookupTXT('example.com')
  expect([one.queries.length, two.queries.length]).toEqual([2, 2])
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

test('udpSourceAddrs() gives the addresses the system would send from, null where there is no route', async () => {
  const { signal } = new AbortController()
  const dial: typeof nodeDial = (network, address, options) => {
    if (address.startsWith('192.0.2.1:')) throw new Error('no route')
    return nodeDial(network, address, options)
  }
  const addrs = ['127.0.0.1', '192.0.2.1'].map((ip) => IPAddr.from({ ip }))
  const sources = await udpSourceAddrs(dial)(addrs, signal)
  expect(sources.map((ip) => ip && String(ip))).toEqual(['127.0.0.1', null])
})

test('Resolver uses only TCP with use-vc, and takes a reply that comes byte by byte', async () => {
  await using server = await Server.start(({ network, query, name, raw }) => {
    expect(network).toBe('tcp')
    const reply = {
      ...query,
      response: true,
      recursionAvailable: true,
      additionals: [],
      answers: [txt(name, 'slow')],
    }
    void import('../src/message.ts').then(async ({ encodeMessage }) => {
      const bytes = encodeMessage(reply)
      for (const b of [bytes.length >> 8, bytes.length & 0xff, ...bytes]) {
        raw(Uint8Array.of(b))
        await new Promise(setImmediate)
      }
    })
  })
  expect(await resolverOf(server, { resolvConf: { useTCP: true } }).lookupTXT('example.com')).toEqual([
    'slow',
  ])
})

test('Resolver gives up a stream that ends in the middle of a reply', async () => {
  await using server = await Server.start(({ raw, hangUp }) => {
    raw(Uint8Array.of(0, 40, 1, 2, 3))
    hangUp()
  })
  const e = await failure(resolverOf(server, { resolvConf: { useTCP: true } }).lookupTXT('example.com'))
  expect(e.err).toBe('unexpected EOF')
})

test('Resolver ignores forged packets until the true reply comes', async () => {
  await using server = await Server.start(({ query, name, send, reply }) => {
    send(new Uint8Array(0))
    send(Uint8Array.of(1, 2, 3))
    send(crypto.getRandomValues(new Uint8Array(600)))
    reply({ id: query.id ^ 1, answers: [txt(name, 'wrong id')] })
    reply({ response: false, answers: [txt(name, 'not a response')] })
    reply({
      questions: [{ name: 'other.', type: RRType.TXT, class: 1 }],
      answers: [txt(name, 'other question')],
    })
    reply({ questions: [{ name, type: RRType.A, class: 1 }], answers: [txt(name, 'other type')] })
    reply({ questions: [], answers: [txt(name, 'no question')] })
    reply({ answers: [txt(name, 'true')] })
  })
  expect(await resolverOf(server).lookupTXT('example.com')).toEqual(['true'])
})

test('Resolver does not take a reply that comes from another address', async () => {
  await using liar = await Server.start(() => {})
  await using server = await Server.start(() => {})
  const resolver = resolverOf(server, { resolvConf: { timeout: 200 } })
  const lookup = failure(resolver.lookupTXT('example.com'))
  // The liar sees the query's port and guesses its id right.
  while (server.queries.length === 0) await new Promise(setImmediate)
  const { createSocket } = await import('node:dgram')
  const socket = createSocket('udp4')
  const query = server.queries[0]
  if (query === undefined) throw new Error('no query came')
  const { encodeMessage } = await import('../src/message.ts')
  socket.send(
    encodeMessage({ ...query, response: true, answers: [txt('example.com.', 'lie')] }),
    server.ports[0] ?? 0,
  )
  expect((await lookup).isTimeout).toBe(true)
  socket.close()
  expect(liar.queries).toHaveLength(0)
})

test('Resolver asks the next server when one is silent, with as much time', async () => {
  await using silent = await Server.start(() => {})
  await using server = await Server.start(({ name, reply }) => {
    reply({ answers: [txt(name, 'second')] })
  })
  const resolver = resolverOf([silent.address, server.address], { resolvConf: { timeout: 100 } })
  expect(await resolver.lookupTXT('example.com')).toEqual(['second'])
  expect(silent.queries).toHaveLength(1)
})

test('Resolver says that a silent server timed out, after all attempts', async () => {
  await using silent = await Server.start(() => {})
  const resolver = resolverOf(silent, { resolvConf: { timeout: 50, attempts: 3 } })
  const e = await failure(resolver.lookupTXT('example.com'))
  expect(e).toMatchObject({ isTimeout: true, isTemporary: true, isNotFound: false, server: silent.address })
  expect(e.message).toMatch(/^lookup example\.com on \S+: read udp \S+->\S+: i\/o timeout$/)
  expect(isErr(e, ErrDeadlineExceeded)).toBe(true)
  expect(silent.queries).toHaveLength(3)
})

test('Resolver gives up a dial that never ends, and closes what it gives later', async () => {
  let late: (() => void) | undefined
  const dial: typeof nodeDial = (network, server, options) =>
    new Promise((resolve) => {
      late = () => {
        resolve(nodeDial(network, server, { ...options, signal: new AbortController().signal }))
      }
    })
  const resolver = resolverOf(['127.0.0.1:9'], { dial, resolvConf: { timeout: 50 } })
  // A dial of this kind keeps nothing alive by itself, and neither do time limits.
  const alive = setInterval(() => {}, 1000)
  const e = await failure(resolver.lookupTXT('example.com'))
  clearInterval(alive)
  expect(e.message).toBe('lookup example.com on 127.0.0.1:9: dial udp 127.0.0.1:9: i/o timeout')
  const before = open.everOpened
  late?.()
  while (open.everOpened === before || open.count !== 0) await new Promise(setImmediate)
})

test('Resolver.lookupHost() keeps to its deadline and its time limit', async () => {
  await using silent = await Server.start(() => {})
  const byDeadline = failure(resolverOf(silent).lookupHost('x.example', { deadline: Date.now() + 50 }))
  expect(await byDeadline).toMatchObject({ message: 'lookup x.example: i/o timeout', isTimeout: true })
  const byLimit = failure(resolverOf(silent, { timeout: 50 }).lookupHost('x.example'))
  expect(await byLimit).toMatchObject({ message: 'lookup x.example: i/o timeout', isTimeout: true })
  const past = failure(resolverOf(silent).lookupHost('x.example', { deadline: Date.now() - 1 }))
  expect(await past).toMatchObject({ isTimeout: true, temporary: true })
  expect(isErr(await past, ErrDeadlineExceeded)).toBe(true)
})

test('Resolver: a signal cancels a lookup with its reason and closes its sockets', async () => {
  await using silent = await Server.start(() => {})
  const resolver = resolverOf(silent)
  const controller = new AbortController()
  const lookup = resolver.lookupHost('x.example', { signal: controller.signal })
  while (silent.queries.length < 2) await new Promise(setImmediate)
  const reason = { any: 'thing' }
  controller.abort(reason)
  await expect(lookup).rejects.toBe(reason)
  expect(resolver.pending).toBe(0)
  await new Promise(setImmediate)
  expect(open.count).toBe(0)
  await expect(resolver.lookupHost('x.example', { signal: controller.signal })).rejects.toBe(reason)
})

test('Resolver does a lookup once that is asked for many times at once', async () => {
  await using server = await Server.start(address)
  const resolver = resolverOf(server)
  const found = await Promise.all(Array.from({ length: 100 }, () => resolver.lookupIPAddr('www.example.com')))
  expect(server.queries).toHaveLength(2)
  found[0]?.pop()
  expect(found[1]?.map(String)).toEqual(['192.0.2.1'])
})

test('Resolver: cancelling one of two merged lookups leaves the other', async () => {
  const waiting: Asked[] = []
  await using server = await Server.start((asked) => waiting.push(asked))
  const resolver = resolverOf(server)
  const controller = new AbortController()
  const one = resolver.lookupHost('www.example.com', { signal: controller.signal })
  const two = resolver.lookupHost('www.example.com')
  while (waiting.length < 2) await new Promise(setImmediate)
  controller.abort(new Error('enough'))
  await expect(one).rejects.toThrow('enough')
  waiting.forEach(address)
  expect(await two).toEqual(['192.0.2.1'])
  expect(server.queries).toHaveLength(2)
})

test('Resolver does not merge lookups for different networks', async () => {
  await using server = await Server.start(address)
  const resolver = resolverOf(server)
  const [v4, v6] = await Promise.allSettled([
    resolver.lookupIP('ip4', 'www.example.com'),
    resolver.lookupIP('ip6', 'www.example.com'),
  ])
  expect(v4).toMatchObject({ status: 'fulfilled' })
  expect(v6).toMatchObject({ status: 'rejected' })
  expect(server.queries.map((q) => q.questions[0]?.type).sort()).toEqual([RRType.A, RRType.AAAA])
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

test('Resolver sends EDNS with 1232, and the AD bit with trust-ad only', async () => {
  await using server = await Server.start(address)
  await resolverOf(server).lookupIP('ip4', 'a.example')
  await resolverOf(server, { resolvConf: { trustAD: true } }).lookupIP('ip4', 'a.example')
  const [plain, trusting] = server.queries
  expect(plain?.authenticData).toBe(false)
  expect(trusting?.authenticData).toBe(true)
  expect(plain?.additionals).toMatchObject([{ type: RRType.OPT, class: 1232 }])
})

test('Resolver takes ids and source ports at random', async () => {
  await using server = await Server.start(address)
  const resolver = resolverOf(server)
  for (let i = 0; i < 32; i++) await resolver.lookupIP('ip4', 'a.example')
  expect(new Set(server.queries.map((q) => q.id)).size).toBeGreaterThan(28)
  expect(new Set(server.ports).size).toBeGreaterThan(16)
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

test('Resolver: a signal that is aborted already ends every lookup, also one that needs no asking', async () => {
  const signal = AbortSignal.abort('enough')
  const resolver = new Resolver({ preferSystem: false })
  for (const lookup of [
    resolver.lookupHost('127.0.0.1', { signal }),
    resolver.lookupPort('tcp', '80', { signal }),
    resolver.lookupProtocol('tcp', { signal }),
    resolver.lookupAddr('127.0.0.1', { signal }),
  ]) {
    await expect(lookup).rejects.toBe('enough')
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

test('Resolver: ten thousand lookups at once do not keep a file from being looked at', async () => {
  await using silent = await Server.start(() => {})
  const resolver = resolverOf(silent, { dial: () => new Promise(() => {}) })
  const controller = new AbortController()
  const { signal } = controller
  setMaxListeners(0, signal)
  const lookups = Array.from({ length: 10_000 }, (_, i) =>
    resolver.lookupIP('ip4', `h${i}.example`, { signal }),
  )
  const settled = Promise.allSettled(lookups)
  expect(resolver.pending).toBe(10_000)
  await stat('/')
  controller.abort()
  const outcomes = await settled
  expect(new Set(outcomes.map((o) => o.status))).toEqual(new Set(['rejected']))
  expect(resolver.pending).toBe(0)
})
