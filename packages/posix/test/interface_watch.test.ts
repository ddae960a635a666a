import { getEventListeners } from 'node:events'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ErrClosed, isErr, OpError } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, watchInterfaces, type InterfaceEvent } from '../src/index.ts'
import { namespaceRefused, Namespace, type PrintedEvent } from './netns.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

describe('the iteration', () => {
  const events: InterfaceEvent[] = []

  async function drain(watch: AsyncIterable<InterfaceEvent>): Promise<string> {
    for await (const e of watch) events.push(e)
    return 'ended'
  }

  test('InterfaceWatch.close() ends pending calls of next() and the loop quietly', async () => {
    const watch = watchInterfaces()
    const loop = drain(watch)
    await watch.close()
    expect(await loop).toBe('ended')
    expect(await watch.next()).toEqual({ done: true, value: undefined })
    await watch.close()
  })

  test('InterfaceWatch.return(), which a loop calls when it is left, closes the watch', async () => {
    const watch = watchInterfaces()
    expect(await watch.return()).toEqual({ done: true, value: undefined })
    expect(await watch.next()).toEqual({ done: true, value: undefined })
  })

  test('a signal ends the loop quietly and keeps no listener', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const closed = watchInterfaces({ signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await closed.close()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)

    const loop = drain(watchInterfaces({ signal }))
    controller.abort()
    expect(await loop).toBe('ended')
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(await drain(watchInterfaces({ signal }))).toBe('ended')
  })

  test('InterfaceWatch.setReadBuffer() fails after close', async () => {
    const watch = watchInterfaces()
    watch.setReadBuffer(1 << 16)
    await watch.close()
    let error: unknown
    try {
      watch.setReadBuffer(1 << 16)
    } catch (e) {
      error = e
    }
    expect(error).toBeInstanceOf(OpError)
    expect(isErr(error, ErrClosed)).toBe(true)
    expect((error as Error).message).toBe('set netlink: use of closed network connection')
  })

  test('a thousand watches that were begun and left leave nothing behind', async () => {
    for (let i = 0; i < 1000; i++) {
      const watch = watchInterfaces()
      const next = watch.next()
      await watch.return()
      expect((await next).done).toBe(true)
    }
  })
})

const refused = namespaceRefused()

describe.skipIf(refused !== null)(`the events (in a namespace: ${refused ?? 'can be made'})`, () => {
  let ns: Namespace

  beforeEach(() => {
    ns = new Namespace()
  })

  afterEach(() => ns.close())

  function link(action: string, name: string, flags = ''): (e: PrintedEvent) => boolean {
    return ({ kind, action: a, iface }) =>
      kind === 'link' && a === action && iface?.name === name && iface.flags.includes(flags)
  }

  function indexOf(name: string): number {
    const [found] = JSON.parse(ns.ip('-j', 'link', 'show', name)) as { ifindex: number }[]
    return found?.ifindex ?? -1
  }

  test('watchInterfaces() tells that a veth pair comes, goes up and down, changes and goes', async () => {
    const child = ns.start()
    await child.ask('watch')
    ns.ip('link', 'add', 'va', 'address', '02:00:00:00:00:0a', 'type', 'veth', 'peer', 'name', 'vb')
    const a = await child.event((e) => e.iface?.name === 'va' || e.iface?.name === 'vb')
    expect(a.kind).toBe('link')
    expect(a.action).toBe('new')
    ns.ip('link', 'set', 'va', 'up')
    ns.ip('link', 'set', 'vb', 'up')
    const up = await child.event(link('new', 'va', 'up|broadcast|multicast|running'))
    expect(up.iface).toEqual({
      index: indexOf('va'),
      name: 'va',
      mtu: 1500,
      hardwareAddr: '02:00:00:00:00:0a',
      flags: 'up|broadcast|multicast|running',
    })
    ns.ip('link', 'set', 'va', 'mtu', '1300')
    expect((await child.event((e) => e.iface?.mtu === 1300)).iface?.name).toBe('va')
    ns.ip('link', 'set', 'va', 'down')
    expect((await child.event(link('new', 'va', 'broadcast|multicast'))).iface?.flags).not.toContain('up')
    ns.ip('link', 'set', 'va', 'name', 'vc')
    await child.event(link('new', 'vc'))
    const index = indexOf('vc')
    ns.ip('link', 'del', 'vc')
    const isGone = (e: PrintedEvent): boolean => e.kind === 'link' && e.action === 'del'
    const gone = [await child.event(isGone), await child.event(isGone)]
    expect(gone.map((e) => e.iface?.name).sort()).toEqual(['vb', 'vc'])
    expect(gone.find((e) => e.iface?.name === 'vc')?.iface?.index).toBe(index)
  })

  test('watchInterfaces() tells of addresses that come and go', async () => {
    ns.ip('link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb')
    const child = ns.start()
    await child.ask('watch')
    const index = indexOf('va')
    const address = (action: string, addr: string) => ({ kind: 'address', action, index, addr })
    const isAddress = (e: PrintedEvent): boolean => e.kind === 'address'
    ns.ip('addr', 'add', '10.1.2.3/24', 'dev', 'va')
    expect(await child.event(isAddress)).toEqual(address('new', '10.1.2.3/24'))
    ns.ip('addr', 'add', 'fd01::5/64', 'dev', 'va', 'nodad')
    ns.ip('link', 'set', 'va', 'up')
    ns.ip('link', 'set', 'vb', 'up')
    expect(await child.event((e) => e.addr === 'fd01::5/64')).toEqual(address('new', 'fd01::5/64'))
    ns.ip('addr', 'add', '10.9.0.1', 'peer', '10.9.0.2/32', 'dev', 'va')
    expect(await child.event((e) => e.addr?.startsWith('10.9') ?? false)).toEqual(
      address('new', '10.9.0.1/32'),
    )
    ns.ip('addr', 'del', '10.1.2.3/24', 'dev', 'va')
    expect(await child.event((e) => isAddress(e) && e.action === 'del')).toEqual(
      address('del', '10.1.2.3/24'),
    )
    ns.ip('addr', 'del', 'fd01::5/64', 'dev', 'va')
    expect(await child.event((e) => isAddress(e) && e.action === 'del')).toEqual(address('del', 'fd01::5/64'))
  })

  test('watchInterfaces() tells of routes that come and go', async () => {
    ns.batch([
      'link add va type veth peer name vb',
      'addr add 10.1.2.3/24 dev va',
      'addr add fd01::5/64 dev va nodad',
      'link set va up',
      'link set vb up',
    ])
    const child = ns.start()
    await child.ask('watch')
    const va = indexOf('va')
    const route = async (action: 'add' | 'del', ...words: string[]): Promise<PrintedEvent> => {
      ns.ip(...(words[0]?.includes(':') ? ['-6'] : []), 'route', action, ...words)
      const [type, prefix = ''] = words[0] === 'blackhole' ? words : ['unicast', words[0]]
      const destination = prefix === 'default' ? '0.0.0.0/0' : prefix
      const found = await child.event((e) => e.kind === 'route' && e.destination === destination)
      expect(found).toMatchObject({ action: action === 'add' ? 'new' : 'del', type })
      return found
    }
    const hop = { index: va, gateway: '10.1.2.1', weight: 1 }
    const plain = ['192.0.2.0/24', 'via', '10.1.2.1', 'src', '10.1.2.3', 'metric', '7', 'table', '1000']
    const whole = { nextHops: [hop], source: '10.1.2.3', metric: 7, table: 1000 }
    expect(await route('add', ...plain)).toMatchObject(whole)
    expect(await route('del', ...plain)).toMatchObject(whole)
    expect(await route('add', 'default', 'via', '10.1.2.1')).toMatchObject({
      nextHops: [hop],
      source: null,
      table: 254,
    })
    await route('del', 'default')
    expect(await route('add', '198.51.100.0/24', 'dev', 'va')).toMatchObject({
      nextHops: [{ index: va, gateway: null, weight: 1 }],
    })
    const two = ['nexthop', 'via', '10.1.2.1', 'weight', '3', 'nexthop', 'via', '10.1.2.2']
    expect((await route('add', '203.0.113.0/24', ...two)).nextHops).toEqual([
      { ...hop, weight: 3 },
      { ...hop, gateway: '10.1.2.2' },
    ])
    expect((await route('add', '100.64.0.0/10', 'via', 'inet6', 'fd01::1', 'dev', 'va')).nextHops).toEqual([
      { ...hop, gateway: 'fd01::1' },
    ])
    expect((await route('add', 'blackhole', '192.88.99.0/24')).nextHops).toEqual([])
    expect((await route('add', 'fd02::/48', 'via', 'fd01::1')).nextHops).toEqual([
      { ...hop, gateway: 'fd01::1' },
    ])
    await route('del', 'fd02::/48')
  })

  test('a link that joins and leaves a bridge is not said to have gone', async () => {
    ns.batch(['link add br0 type bridge', 'link add va type veth peer name vb'])
    const child = ns.start()
    await child.ask('watch')
    ns.batch(['link set va master br0', 'link set va nomaster', 'link set va mtu 1200'])
    const seen: PrintedEvent[] = []
    await child.event((e) => {
      seen.push(e)
      return e.iface?.mtu === 1200
    })
    expect(seen.filter((e) => e.action === 'del')).toEqual([])
    ns.ip('link', 'del', 'br0')
    expect((await child.event((e) => e.kind === 'link' && e.action === 'del')).iface?.name).toBe('br0')
  })

  test('events that were lost are told as one overflow, and what comes after it arrives', async () => {
    const child = ns.start()
    await child.ask('watch 16384')
    ns.ip('link', 'set', 'lo', 'up')
    const many = Array.from({ length: 250 }, (_, i) => `addr add 10.0.0.${i + 1}/32 dev lo`)
    ns.batch(many)
    expect(await child.ask('next')).toEqual({ kind: 'overflow' })
    ns.ip('addr', 'add', 'fd01::1/128', 'dev', 'lo')
    // Nothing older than the loss is told.
    expect(JSON.stringify(await child.ask('next'))).toContain('fd01::1/128')
    const listed = await child.ask<{ name: string; addrs: string[] }[]>('list')
    expect(listed[0]?.addrs).toContain('fd01::1/128')
    expect(listed[0]?.addrs.filter((a) => a.startsWith('10.0.0.'))).toHaveLength(250)
    ns.ip('addr', 'del', 'fd01::1/128', 'dev', 'lo')
    const after = await child.event((e) => e.kind === 'overflow' || e.action === 'del')
    expect(after.kind).not.toBe('overflow')
  })

  test('a pending next() keeps the process alive until its event', async () => {
    const child = ns.start()
    await child.ask('watch')
    expect(await child.ask('alone')).toBe('waiting')
    ns.ip('link', 'set', 'lo', 'up')
    expect(await child.line<PrintedEvent>()).toMatchObject({ kind: 'link', iface: { name: 'lo' } })
    expect(await child.line()).toBe('nothing keeps the process alive')
    expect(await child.end()).toBe(0)
  })

  test('InterfaceWatch.unref() lets the process exit although a next() is pending', async () => {
    const child = ns.start()
    await child.ask('watch')
    expect(await child.ask('unref')).toBe('waiting without keeping the process alive')
    expect(await child.end()).toBe(0)
  })
})
