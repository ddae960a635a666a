import { IP } from '@net/addr'
import type { Conn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted } from '@net/posix'
import { decodeDNSMessage, encodeDNSMessage, parseHosts, parseNSSConf, RRType } from '@net/resolve'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet, Net, pipe, Resolver, resolverOver } from '../src/index.ts'
import { embeddedNet, plan9 } from '../src/plan9/index.ts'

let balanced: () => Promise<void>

beforeAll(async () => {
  await (await defaultNet().listen('tcp', '127.0.0.1:0')).close()
  balanced = ledger(keepLeaks())
})

afterAll(() => balanced())

/** The reply to a query: for A, 192.0.2.n with the number in the name. */
function answer(bytes: Uint8Array): Uint8Array {
  const query = decodeDNSMessage(bytes)
  const { name = '', type = 0 } = query.questions[0] ?? {}
  const ip = IP.from([192, 0, 2, Number(/\d+/.exec(name)?.[0])])
  const a = { name, type, class: 1, ttl: 1, data: { kind: 'A', ip } } as const
  const answers = type === RRType.A ? [a] : []
  return encodeDNSMessage({ ...query, response: true, recursionAvailable: true, answers, additionals: [] })
}

/** Answers the query that comes over a stream, and closes it. */
async function answerStream(conn: Conn): Promise<void> {
  let got = Buffer.alloc(0)
  const p = new Uint8Array(512)
  while (got.length < 2 || got.length < 2 + got.readUInt16BE(0)) {
    const n = await conn.read(p)
    if (n === null) throw new Error('the query ends early')
    got = Buffer.concat([got, p.subarray(0, n)])
  }
  const reply = answer(got.subarray(2))
  await conn.write(Uint8Array.from([reply.length >> 8, reply.length & 0xff, ...reply]))
  await conn.close()
}

const names = Array.from({ length: 40 }, (_, i) => `n${i}.example`)
const found = names.map((_, i) => [`192.0.2.${i}`])
const files = { preferSystem: false, hosts: parseHosts(''), nsswitch: parseNSSConf('hosts: dns') }

const stacks = [
  ['the kernel', () => ({ target: defaultNet().target, end: async () => {} })],
  ['the host', () => ({ target: hosted(), end: async () => {} })],
  [
    'Plan 9',
    () => {
      const tree = embeddedNet(defaultNet().target)
      const end = async (): Promise<void> => {
        await tree.close()
        expect(tree.activity.conversations).toBe(0)
      }
      return { target: plan9({ net: tree }), end }
    },
  ],
] as const

describe.each(stacks)('a resolver over the sockets of %s', (_name, stack) => {
  test('asks by UDP, many questions at once', async () => {
    const { target, end } = stack()
    const server = await defaultNet().listenPacket('udp', '127.0.0.1:0')
    const serving = (async () => {
      for await (const [packet, from] of server) await server.writeTo(answer(packet), from)
    })()
    const resolver = resolverOver(target, {
      ...files,
      resolvConf: { servers: [server.localAddr.toString()] },
    })
    const all = await Promise.all(names.map((name) => resolver.lookupHost(name)))
    expect(all).toEqual(found)
    expect(await resolver.lookupHost('n7.example')).toEqual(['192.0.2.7'])
    await server.close()
    await serving
    await end()
  })

  test('asks by TCP', async () => {
    const { target, end } = stack()
    const listener = await defaultNet().listen('tcp', '127.0.0.1:0')
    const serving = (async () => {
      const all: Promise<void>[] = []
      for await (const conn of listener) all.push(answerStream(conn))
      await Promise.all(all)
    })()
    const resolvConf = { servers: [listener.addr.toString()], useTCP: true }
    const resolver = resolverOver(target, { ...files, resolvConf })
    const all = await Promise.all(names.slice(0, 10).map((name) => resolver.lookupIP('ip4', name)))
    expect(all.map((ips) => ips.map(String))).toEqual(found.slice(0, 10))
    await listener.close()
    await serving
    await end()
  })
})

test('a resolver asks over a pipe', async () => {
  const served: Promise<void>[] = []
  const dial = async (): Promise<Conn> => {
    const [near, far] = pipe()
    served.push(answerStream(far))
    return near
  }
  const resolver = new Resolver({ ...files, dial, resolvConf: { servers: ['192.0.2.53:53'] } })
  expect(await resolver.lookupHost('n7.example')).toEqual(['192.0.2.7'])
  await Promise.all(served)
})

test('dial strings over Plan 9', async () => {
  await using tree = embeddedNet(defaultNet().target)
  const net = new Net(plan9({ net: tree }))
  const listener = await net.listen('tcp!127.0.0.1!0')
  const accepted = listener.accept()
  const conn = await net.dial(`net!127.0.0.1!${listener.addr.port}`)
  expect(conn.remoteAddr.toString()).toBe(listener.addr.toString())
  await Promise.all([conn.close(), (await accepted).close(), listener.close()])
  const socket = await net.listenPacket('udp!127.0.0.1!0')
  const client = await net.dial(`udp!127.0.0.1!${socket.localAddr.port}`)
  await client.write(Uint8Array.of(1))
  expect([...(await socket.receive())[0]]).toEqual([1])
  await Promise.all([client.close(), socket.close()])
})
