import { stat } from 'node:fs/promises'
import { ErrDeadlineExceeded, isErr } from '@net/contract'
import { afterEach, expect, test } from 'vitest'
import { Resolver } from '../src/resolver.ts'
import { RRType } from '../src/dns/rr.ts'
import { open } from './node_dial.ts'
import { address, failure, resolverOf } from './resolver_of.ts'
import { Server, type Asked } from './server.ts'

afterEach(async () => {
  await new Promise(setImmediate) // what nobody takes again is closed when the event loop turns
  expect(open.count).toBe(0)
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

test('Resolver: ten thousand lookups at once do not keep a file from being looked at', async () => {
  await using silent = await Server.start(() => {})
  const resolver = resolverOf(silent, { dial: () => new Promise(() => {}) })
  const controller = new AbortController()
  const { signal } = controller
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
