import { expect, test } from 'vitest'
import { RCode } from '../src/dns/parser.ts'
import { RRType } from '../src/dns/rr.ts'
import { failure, resolverOf } from './resolver_of.ts'
import { record, Server, txt, type Asked } from './server.ts'

const hasEDNS = ({ query }: Asked): boolean => query.additionals.some(({ type }) => type === RRType.OPT)

/** A server that answers only what comes without EDNS, and refuses the rest in a way of its own. */
const without = (refuse: (asked: Asked) => void): Promise<Server> =>
  Server.start((asked) => {
    if (hasEDNS(asked)) refuse(asked)
    else asked.reply({ answers: [txt(asked.name, 'plain')] })
  })

const opt = record('.', RRType.OPT, { kind: 'OPT', options: [] })

const refusals: [string, (asked: Asked) => void][] = [
  ['FORMERR', ({ reply }) => reply({ rcode: RCode.formatError })],
  ['FORMERR without the question', ({ reply }) => reply({ rcode: RCode.formatError, questions: [] })],
  [
    'FORMERR and the query itself',
    ({ query, reply }) => reply({ ...query, rcode: RCode.formatError, response: true }),
  ],
  ['NOTIMP', ({ reply }) => reply({ rcode: RCode.notImplemented })],
  ['NOTIMP without the question', ({ reply }) => reply({ rcode: RCode.notImplemented, questions: [] })],
  ['the OPT record as its answer', ({ reply }) => reply({ answers: [opt] })],
  [
    'the OPT record as its answer, and the answer behind',
    ({ name, reply }) => reply({ answers: [opt], additionals: [txt(name, 'behind')] }),
  ],
]

test.each(refusals)('Resolver asks a server without EDNS that refuses it by %s', async (_way, refuse) => {
  await using server = await without(refuse)
  const resolver = resolverOf(server, { resolvConf: { attempts: 2 } })
  expect(await resolver.lookupTXT('a.example')).toEqual(['plain'])
  expect(server.queries.map(({ additionals }) => additionals.length)).toEqual([1, 0])
  expect(await resolver.lookupTXT('b.example')).toEqual(['plain'])
  expect(server.queries).toHaveLength(3)
})

test.each(refusals)('Resolver does the same over TCP (%s)', async (_way, refuse) => {
  await using server = await without(refuse)
  const resolver = resolverOf(server, { resolvConf: { attempts: 2, useTCP: true } })
  expect(await resolver.lookupTXT('a.example')).toEqual(['plain'])
})

test('Resolver uses the answer of a server that mixes the OPT record into it', async () => {
  await using server = await without(({ name, reply }) => reply({ answers: [opt, txt(name, 'mixed')] }))
  expect(await resolverOf(server).lookupTXT('a.example')).toEqual(['mixed'])
})

test('Resolver goes on to ask other servers with EDNS', async () => {
  await using old = await without(({ reply }) => reply({ rcode: RCode.formatError }))
  await using modern = await Server.start(({ name, reply }) => reply({ answers: [txt(name, 'modern')] }))
  const resolver = resolverOf([old.address, modern.address])
  expect(await resolver.lookupTXT('a.example')).toEqual(['modern'])
  expect(await resolver.lookupTXT('b.example')).toEqual(['plain'])
  expect(modern.queries.map(({ additionals }) => additionals.length)).toEqual([1])
})

test('Resolver fails with a server that refuses the query as such, and tells so at once', async () => {
  await using server = await Server.start(({ reply }) => reply({ rcode: RCode.formatError, questions: [] }))
  const e = await failure(resolverOf(server, { resolvConf: { attempts: 2 } }).lookupTXT('a.example'))
  expect(e).toMatchObject({ err: 'server misbehaving', isNotFound: false, isTimeout: false })
  expect(server.queries.map(({ additionals }) => additionals.length)).toEqual([1, 0])
})

test('Resolver takes no reply without a question for one to its query, but for a refusal', async () => {
  await using server = await Server.start(({ name, reply }) => {
    reply({ questions: [], answers: [txt(name, 'nobody asked')] })
    reply({ questions: [], rcode: RCode.nameError })
    reply({ answers: [txt(name, 'asked')] })
  })
  expect(await resolverOf(server).lookupTXT('a.example')).toEqual(['asked'])
})

test('Resolver without edns0 asks no server with EDNS', async () => {
  await using server = await without(({ reply }) => reply({ rcode: RCode.formatError }))
  expect(await resolverOf(server, { edns0: false }).lookupTXT('a.example')).toEqual(['plain'])
  expect(server.queries).toHaveLength(1)
})

test('Resolver asks over TCP for a reply that is larger than was asked for, as its own buffer cuts it', async () => {
  const texts = Array.from({ length: 40 }, (_, i) => `${i} ${'x'.repeat(40)}`)
  await using server = await Server.start(({ name, reply }) => {
    reply({ answers: texts.map((text) => txt(name, text)) })
  })
  for (const edns0 of [true, false])
    expect(await resolverOf(server, { edns0 }).lookupTXT('a.example')).toEqual(texts)
  expect(server.queries).toHaveLength(4)
})

test('Resolver takes a reply of just the size that was asked for', async () => {
  // 12 bytes of header, 15 of question, 12 of a record's header and 1 of length: the rest is text.
  const strings = [255, 255, 255, 255, 1232 - 12 - 15 - 12 - 5 - 4 * 255].map((n) =>
    new Uint8Array(n).fill(120),
  )
  await using server = await Server.start(({ name, reply }) => {
    reply({ answers: [record(name, RRType.TXT, { kind: 'TXT', strings })] })
  })
  const [text = ''] = await resolverOf(server).lookupTXT('a.example')
  expect(text).toHaveLength(1232 - 12 - 15 - 12 - 5)
  expect(server.queries).toHaveLength(1)
})
