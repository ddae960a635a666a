import { ErrDeadlineExceeded, isErr, type Message } from '@net/contract'
import { afterEach, expect, test } from 'vitest'
import type { ServerDial } from '../src/client/server_dial.ts'
import { RRType } from '../src/dns/rr.ts'
import { nodeDial, open } from './node_dial.ts'
import { address, failure, resolverOf } from './resolver_of.ts'
import { Server, txt, type Asked } from './server.ts'

afterEach(async () => {
  await new Promise(setImmediate) // what nobody takes again is closed when the event loop turns
  expect(open.count).toBe(0)
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
    void import('../src/dns/message.ts').then(async ({ encodeDNSMessage }) => {
      const bytes = encodeDNSMessage(reply)
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
  const { encodeDNSMessage } = await import('../src/dns/message.ts')
  socket.send(
    encodeDNSMessage({ ...query, response: true, answers: [txt('example.com.', 'lie')] }),
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

test('Resolver uses a source port for sixteen queries at most, and several queries at once for it to be used again', async () => {
  await using server = await Server.start(address)
  const resolver = resolverOf(server)
  let asked = 0
  const worker = async (): Promise<void> => {
    while (asked < 1000) await resolver.lookupIP('ip4', `n${asked++}.example`)
  }
  await Promise.all(Array.from({ length: 20 }, worker))
  const uses = new Map<number, number>()
  for (const port of server.ports) uses.set(port, (uses.get(port) ?? 0) + 1)
  expect(server.ports.length).toBeGreaterThanOrEqual(1000)
  expect(uses.size).toBeLessThan(500)
  // The system may give a port again that was closed before.
  expect(uses.size).toBeGreaterThanOrEqual(1000 / 16 / 2)
})

test('Resolver asks several questions at once on one socket with shareSockets, and each gets its own answer', async () => {
  const held: Asked[] = []
  await using server = await Server.start((asked) => {
    held.push(asked)
    if (held.length < 64) return
    // In the other order than they came.
    for (const { name, reply } of held.reverse()) reply({ answers: [txt(name, name)] })
  })
  let id = 0
  // No two are the same, which could not be told from each other on one socket.
  const fillRandom = (words: Uint32Array): void => words.forEach((_, i) => (words[i] = id++))
  const resolver = resolverOf(server, { shareSockets: true, fillRandom })
  const names = Array.from({ length: 64 }, (_, i) => `n${i}.example.`)
  const found = await Promise.all(names.map((name) => resolver.lookupTXT(name)))
  expect(found).toEqual(names.map((name) => [name]))
  expect(new Set(server.ports).size).toBe(4)
  await new Promise(setImmediate)
  expect(open.count).toBe(0)
})

test('Resolver with shareSockets asks questions that have the same id over sockets of their own', async () => {
  const held: Asked[] = []
  await using server = await Server.start((asked) => {
    held.push(asked)
    if (held.length < 3) return
    for (const { name, reply } of held) reply({ answers: [txt(name, name)] })
  })
  const fillRandom = (words: Uint32Array): void => void words.fill(7)
  const resolver = resolverOf(server, { shareSockets: true, fillRandom })
  const names = ['a.example.', 'b.example.', 'c.example.']
  expect(await Promise.all(names.map((name) => resolver.lookupTXT(name)))).toEqual(
    names.map((name) => [name]),
  )
  expect(new Set(server.ports).size).toBe(3)
})

test('Resolver with shareSockets gives up lookups that wait on one socket together, after all their attempts', async () => {
  await using silent = await Server.start(() => {})
  const resolver = resolverOf(silent, { shareSockets: true, resolvConf: { timeout: 50, attempts: 3 } })
  const names = Array.from({ length: 5 }, (_, i) => `n${i}.example.`)
  const errors = await Promise.all(names.map((name) => failure(resolver.lookupTXT(name))))
  expect(errors.map(({ name, isTimeout }) => [name, isTimeout])).toEqual(names.map((name) => [name, true]))
  expect(silent.queries).toHaveLength(15)
})

test('Resolver with shareSockets lets a lookup leave a socket without harm to the others on it', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  await using server = await Server.start(({ name, reply }) => {
    if (name === 'late.example.') controller.abort(reason)
    else if (name === 'good.example.') void left.then(() => reply({ answers: [txt(name, 'good')] }))
  })
  const resolver = resolverOf(server, { shareSockets: true, resolvConf: { timeout: 300 } })
  const silent = failure(resolver.lookupTXT('silent.example.'))
  const good = resolver.lookupTXT('good.example.')
  const left = resolver.lookupTXT('late.example.', { signal: controller.signal }).catch((e: unknown) => e)
  expect(await left).toBe(reason)
  expect(await good).toEqual(['good'])
  expect(await silent).toMatchObject({ isTimeout: true })
  expect(new Set(server.ports).size).toBe(1)
  expect(resolver.pending).toBe(0)
  while (open.count !== 0) await new Promise(setImmediate)
})

test('Resolver sends and reads many packets at a time where the connection takes batches', async () => {
  await using server = await Server.start(({ name, reply }) => {
    reply({ answers: [txt(name, name)] })
  })
  const [sent, room]: [number[], number[]] = [[], []]
  const dial: ServerDial = async (...args) => {
    const conn = await nodeDial(...args)
    return Object.assign(conn, {
      async writeBatch(messages: Message[]) {
        sent.push(messages.length)
        for (const { buffer } of messages) await conn.write(buffer)
        return messages.length
      },
      async readBatch([first, ...others]: Message[]) {
        if (first === undefined) throw new Error('there is no room')
        room.push(1 + others.length)
        first.n = (await conn.read(first.buffer)) ?? 0
        return 1
      },
    })
  }
  const resolver = resolverOf(server, { dial, shareSockets: true })
  const names = Array.from({ length: 20 }, (_, i) => `n${i}.example.`)
  expect(await Promise.all(names.map((name) => resolver.lookupTXT(name)))).toEqual(
    names.map((name) => [name]),
  )
  expect(sent).toEqual([16, 4])
  expect(Math.max(...room)).toBe(16)
})

test('Resolver sends and reads packets by themselves once batches were refused', async () => {
  await using server = await Server.start(({ name, reply }) => {
    reply({ answers: [txt(name, name)] })
  })
  let refused = 0
  const refuse = async (): Promise<number> => {
    refused++
    throw new Error('not here')
  }
  const dial: ServerDial = async (...args) =>
    Object.assign(await nodeDial(...args), { writeBatch: refuse, readBatch: refuse })
  const resolver = resolverOf(server, { dial, shareSockets: true })
  for (const round of ['a', 'b']) {
    const names = Array.from({ length: 10 }, (_, i) => `${round}${i}.example.`)
    const found = await Promise.all(names.map((name) => resolver.lookupTXT(name)))
    expect(found).toEqual(names.map((name) => [name]))
    expect(refused).toBeLessThanOrEqual(2)
  }
  expect(refused).toBeGreaterThan(0)
})

test.each([
  [15, 1],
  [16, 2],
])(
  'Resolver: after %i packets that are no replies the next query has the same port or another: %i',
  async (forged, ports) => {
    const held: Asked[] = []
    await using server = await Server.start((asked) => {
      const { name, query, reply } = asked
      if (name === 'a.example.') {
        held.push(asked)
        return
      }
      if (name === 'b.example.') for (let i = 1; i <= forged; i++) reply({ id: query.id ^ (i << 8) })
      reply({ answers: [txt(name, name)] })
    })
    const resolver = resolverOf(server, { shareSockets: true })
    const a = resolver.lookupTXT('a.example.')
    expect(await resolver.lookupTXT('b.example.')).toEqual(['b.example.'])
    expect(await resolver.lookupTXT('c.example.')).toEqual(['c.example.'])
    expect(new Set(server.ports).size).toBe(ports)
    for (const { name, reply } of held) reply({ answers: [txt(name, 'late')] })
    expect(await a).toEqual(['late'])
  },
)

test.each([['udp'], ['tcp']])(
  'Resolver takes what a dial of %s throws at once for its error',
  async (network) => {
    const dial: ServerDial = () => {
      throw new Error('not today')
    }
    const resolver = resolverOf(['127.0.0.1:9'], { dial, resolvConf: { useTCP: network === 'tcp' } })
    expect(await failure(resolver.lookupTXT('example.com'))).toMatchObject({ err: 'not today' })
  },
)
