import { IP, IPAddr } from '@net/addr'
import { DNSError } from '@net/contract'
import { expect, test } from 'vitest'
import { parseHosts } from '../src/files/hosts.ts'
import { parseNSSConf } from '../src/files/nsswitch.ts'
import { Resolver } from '../src/resolver.ts'
import type { ResolverEvent } from '../src/client/event.ts'

test('Resolver with preferSystem asks getaddrinfo', async () => {
  const events: ResolverEvent[] = []
  const resolver = new Resolver({ preferSystem: true, debug: (event) => events.push(event) })
  const found = await resolver.lookupIPAddr('localhost')
  expect(found.length).toBeGreaterThan(0)
  for (const { ip } of found) expect(ip?.isLoopback).toBe(true)
  expect(events).toMatchObject([{ type: 'order', order: 'system' }])
})

test('Resolver without a dial asks the system', async () => {
  const events: ResolverEvent[] = []
  const resolver = new Resolver({ debug: (event) => events.push(event) })
  expect((await resolver.lookupHost('localhost')).length).toBeGreaterThan(0)
  expect(events).toMatchObject([{ order: 'system', reason: 'there is no dial to reach DNS servers with' }])
})

test('Resolver with preferSystem gives the names of an address', async () => {
  expect(await new Resolver({ preferSystem: true }).lookupAddr('127.0.0.1')).toContain('localhost')
})

test('Resolver with preferSystem says no such host', async () => {
  const lookup = new Resolver({ preferSystem: true }).lookupHost('no..host')
  await expect(lookup).rejects.toMatchObject({ err: 'no such host', isNotFound: true, name: 'no..host' })
})

test('Resolver asks another system that it is given, once for many, and lets a lookup go', async () => {
  let asked = 0
  const never = new Promise<never>(() => {})
  const resolver = new Resolver({
    preferSystem: true,
    system: {
      lookupIPAddr: async (network, host) => {
        asked++
        return host === 'never'
          ? never
          : [new IPAddr(IP.from(network === 'ip4' ? [192, 0, 2, 1] : [192, 0, 2, 2]))]
      },
      lookupAddr: async () => ['a.example.'],
    },
  })
  const both = await Promise.all([resolver.lookupIP('ip4', 'a'), resolver.lookupIP('ip4', 'a')])
  expect(both.flat().map(String)).toEqual(['192.0.2.1', '192.0.2.1'])
  expect(asked).toBe(1)
  const controller = new AbortController()
  const lookup = resolver.lookupHost('never', { signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(lookup).rejects.toThrow('enough')
  expect(resolver.pending).toBe(0)
  const limited = resolver.lookupHost('never', { deadline: Date.now() - 1 })
  await expect(limited).rejects.toBeInstanceOf(DNSError)
})

// Elsewhere nsswitch.conf does not decide, nor does it where the environment does.
const decides = process.platform === 'linux' && process.env.LOCALDOMAIN === undefined

test.skipIf(!decides).each([
  ['files', 'a%b'],
  ['files', 'a\\b'],
  ['files mdns4_minimal', 'b.local'],
])(
  'Resolver by "hosts: %s" asks the system for %s, before and after it has found another host in files',
  async (nss, special) => {
    const orders: string[] = []
    const resolver = new Resolver({
      dial: () => Promise.reject(new Error('nobody is asked')),
      hosts: parseHosts('192.0.2.7 a'),
      nsswitch: parseNSSConf(`hosts: ${nss}`),
      resolvConf: {},
      system: { lookupIPAddr: async () => [IPAddr.from({ ip: '192.0.2.8' })], lookupAddr: async () => [] },
      debug: (event) => event.type === 'order' && orders.push(event.order),
    })
    const found: string[][] = []
    for (const host of [special, 'a', 'a', special, 'a']) found.push(await resolver.lookupHost(host))
    expect(orders).toEqual(['system', 'files', 'files', 'system', 'files'])
    expect(found.flat().map((addr) => addr.slice(-1))).toEqual(['8', '7', '7', '8', '7'])
  },
)
