// Dial strings, and the resolver with a DNS server that is not ours, on the plan9 target over an embedded and an exported /net.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { Dnsmasq, dnsmasqPath } from '@net/peers'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { defaultNet, Net, Resolver, resolverOver } from '../src/index.ts'
import { dialNet, embeddedNet, listenExport, plan9, type EmbeddedNet } from '../src/plan9/index.ts'
import { rejection } from './vectors.ts'

const { target: kernel } = defaultNet()

let balanced: () => Promise<void>

beforeAll(async () => {
  await using l = await defaultNet().listen('tcp', '127.0.0.1:0')
  await l.close()
  balanced = ledger(keepLeaks())
})

afterAll(async () => {
  await balanced()
})

/** A network tree, how many conversations it has, and what closes it. */
interface Tree extends AsyncDisposable {
  readonly net: Net
  conversations(): number
}

async function embedded(): Promise<Tree> {
  const tree: EmbeddedNet = embeddedNet(kernel)
  return {
    net: new Net(plan9({ net: tree })),
    conversations: () => tree.activity.conversations,
    [Symbol.asyncDispose]: () => tree.close(),
  }
}

async function exported(): Promise<Tree> {
  const dir = await mkdtemp(join(tmpdir(), 'net-names-'))
  const address = `unix!${join(dir, 'net')}`
  const { net: served } = await listenExport(kernel, address)
  const tree = await dialNet(address)
  return {
    net: new Net(plan9({ net: tree })),
    conversations: () => served.activity.conversations,
    async [Symbol.asyncDispose]() {
      await tree.close()
      await served.close()
      await rm(dir, { recursive: true })
    },
  }
}

const long = Array.from({ length: 12 }, (_, i) => `${i} ${'x'.repeat(150)}`)

const records = [
  '--host-record=host.names.test,127.0.0.1,::1',
  '--cname=alias.names.test,host.names.test',
  '--mx-host=names.test,mail.names.test,10',
  '--srv-host=_sip._tcp.names.test,sip.names.test,5060,5,7',
  '--txt-record=names.test,some text',
  ...long.map((line) => `--txt-record=long.names.test,${line}`),
  '--ptr-record=7.2.0.192.in-addr.arpa,host.names.test',
  '--local=/names.test/',
  '--local=/2.0.192.in-addr.arpa/',
]

describe.each([
  ['an embedded /net', embedded],
  ['an exported /net', exported],
])('on %s', (_, make) => {
  let tree: Tree
  beforeAll(async () => {
    tree = await make()
  })
  afterAll(async () => {
    await vi.waitFor(() => expect(tree.conversations()).toBe(0))
    await tree[Symbol.asyncDispose]()
  })

  describe('dial strings', () => {
    test('Net.dial() and Net.listen() take them', async () => {
      await using listener = await tree.net.listen('tcp!127.0.0.1!0')
      const accepted = listener.accept()
      await using conn = await tree.net.dial(`net!localhost!${listener.addr.port}`, { timeout: 60_000 })
      expect(conn.remoteAddr.toString()).toBe(`127.0.0.1:${listener.addr.port}`)
      await (await accepted).close()
    })

    test('Net.listen() takes one of every address', async () => {
      await using listener = await tree.net.listen('tcp!*!0')
      const accepted = listener.accept()
      await using conn = await defaultNet().dial(`tcp!127.0.0.1!${listener.addr.port}`)
      await (await accepted).close()
      expect(conn.remoteAddr.port).toBe(listener.addr.port)
    })

    test('Net.listenPacket() takes them', async () => {
      await using socket = await tree.net.listenPacket('udp!127.0.0.1!0')
      await using conn = await tree.net.dial(`udp!127.0.0.1!${socket.localAddr.port}`)
      await conn.write(new Uint8Array([1]))
      const [packet, from] = await socket.receive()
      expect([...packet]).toEqual([1])
      expect(from.toString()).toBe(conn.localAddr.toString())
    })

    test.each([
      ['tcp!127.0.0.1', 'dial: address tcp!127.0.0.1: missing port in address'],
      ['tcp!a!b!c', 'dial: address tcp!a!b!c: too many exclamation marks in address'],
      ['il!127.0.0.1!80', 'dial il: unknown network il'],
      ['tcp!127.0.0.1!nosuchservice', 'dial tcp: lookup tcp/nosuchservice: unknown port'],
      ['unix!/tmp/nobody', 'dial unix /tmp/nobody: not supported by plan 9'],
      ['ip4:icmp!127.0.0.1', 'dial ip4:icmp 127.0.0.1: not supported by plan 9'],
    ] as const)('Net.dial() refuses %s', async (s, message) => {
      expect((await rejection(tree.net.dial(s))).message).toBe(message)
    })
  })

  describe.skipIf(dnsmasqPath === null)('the resolver (skipped where dnsmasq is missing)', () => {
    let dns: Dnsmasq
    let resolver: Resolver
    beforeAll(async () => {
      dns = await Dnsmasq.start(dnsmasqPath ?? '', records)
      resolver = resolverOver(tree.net.target, {
        preferSystem: false,
        hosts: '',
        nsswitch: 'hosts: dns',
        resolvConf: { servers: [dns.address], search: [] },
      })
    })
    afterAll(() => dns[Symbol.asyncDispose]())

    test('asks a server by the target’s datagrams', async () => {
      expect((await resolver.lookupHost('host.names.test')).sort()).toEqual(['127.0.0.1', '::1'])
      expect(await resolver.lookupCNAME('alias.names.test')).toBe('host.names.test.')
      expect(await resolver.lookupMX('names.test')).toEqual([{ host: 'mail.names.test.', pref: 10 }])
      expect(await resolver.lookupSRV('sip', 'tcp', 'names.test')).toEqual({
        cname: '_sip._tcp.names.test.',
        addrs: [{ target: 'sip.names.test.', port: 5060, priority: 5, weight: 7 }],
      })
      expect(await resolver.lookupTXT('names.test')).toEqual(['some text'])
      expect(await resolver.lookupAddr('192.0.2.7')).toEqual(['host.names.test.'])
      expect(await rejection(resolver.lookupHost('nosuch.names.test'))).toMatchObject({ isNotFound: true })
    })

    test('asks by a connection of the target when an answer is too long for a datagram', async () => {
      expect((await resolver.lookupTXT('long.names.test')).sort()).toEqual([...long].sort())
    })

    test('asks for many names at once', async () => {
      const all = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          i % 2 === 0 ? resolver.lookupIP('ip4', 'host.names.test') : resolver.lookupTXT('names.test'),
        ),
      )
      expect(all.map(String).sort()).toEqual([
        ...Array.from({ length: 20 }, () => '127.0.0.1'),
        ...Array.from({ length: 20 }, () => 'some text'),
      ])
    })

    test('gives up a lookup whose signal is aborted', async () => {
      const reason = new Error('no more')
      const lookup = resolver.lookupHost('host.names.test', { signal: AbortSignal.abort(reason) })
      await expect(lookup).rejects.toBe(reason)
    })

    test('finds names for Net.dial()', async () => {
      const net = new Net(tree.net.target, { resolver })
      await using listener = await defaultNet().listen('tcp!127.0.0.1!0')
      const accepted = listener.accept()
      await using conn = await net.dial(`tcp!alias.names.test!${listener.addr.port}`, { timeout: 60_000 })
      await (await accepted).close()
      expect(conn.remoteAddr.toString()).toBe(`127.0.0.1:${listener.addr.port}`)
    })
  })
})
