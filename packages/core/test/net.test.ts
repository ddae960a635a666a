import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IPAddr, parseIP, TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import type { Conn, Listener, PacketConn } from '@net/contract'
import { countedSignal, ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted } from '@net/posix'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as core from '../src/index.ts'
import { defaultNet, Net } from '../src/index.ts'
import { rejection } from './vectors.ts'

const nets = [
  ['the kernel', defaultNet()],
  ['the host', new Net(hosted())],
] as const
const hello = new TextEncoder().encode('hello')

let dir: string
let balanced: () => Promise<void>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'net-core-'))
  await (await defaultNet().listen('tcp', '127.0.0.1:0')).close()
  await defaultNet().lookupHost('localhost') // starts the host's thread pool
  balanced = ledger(keepLeaks())
})

afterAll(async () => {
  await balanced()
  await rm(dir, { recursive: true })
})

/** Dials a listener, sends a word each way, and closes all. */
async function expectGreeting(net: Net, listener: Listener, network: string, address: string): Promise<void> {
  const accepted = listener.accept()
  const client = await net.dial(network, address)
  const server = await accepted
  for (const [from, to] of [
    [client, server],
    [server, client],
  ] as const) {
    await from.write(hello)
    const p = new Uint8Array(10)
    expect(await to.read(p)).toBe(5)
    expect(p.subarray(0, 5)).toEqual(hello)
  }
  expect(client.remoteAddr.toString()).toBe(server.localAddr.toString())
  await Promise.all([client.close(), server.close(), listener.close()])
}

async function expectExchange(client: Conn, server: PacketConn): Promise<void> {
  await client.write(hello)
  const [packet, from] = await server.receive()
  expect(new Uint8Array(packet)).toEqual(hello)
  expect(from.toString()).toBe(client.localAddr.toString())
  await server.writeTo(hello, from)
  expect(await client.read(new Uint8Array(10))).toBe(5)
  await Promise.all([client.close(), server.close()])
}

describe.each(nets)('Net over %s', (_name, net) => {
  test.each([
    ['tcp', '127.0.0.1:0'],
    ['tcp4', '127.0.0.1:0'],
    ['tcp6', '[::1]:0'],
    ['tcp', 'localhost:0'],
  ])('dials and listens on %s %s', async (network, address) => {
    const listener = await net.listen(network, address)
    await expectGreeting(net, listener, network, listener.addr.toString())
  })

  test('dials and listens on every address of both families', async () => {
    for (const [network, host] of [
      ['tcp4', '127.0.0.1'],
      ['tcp6', '[::1]'],
      ['tcp', ''],
    ] as const) {
      const listener = await net.listen('tcp', ':0')
      await expectGreeting(net, listener, network, `${host}:${listener.addr.port}`)
    }
  })

  test('dials and listens on Unix sockets', async () => {
    const path = join(dir, net.target.name)
    await expectGreeting(net, await net.listen('unix', path), 'unix', path)
  })

  test.each([
    ['udp', '127.0.0.1:0'],
    ['udp4', '127.0.0.1:0'],
    ['udp6', '[::1]:0'],
  ])('exchanges packets on %s %s', async (network, address) => {
    const server = await net.listenPacket(network, address)
    await expectExchange(await net.dial(network, server.localAddr.toString()), server)
  })

  test('dials and listens on addresses that are resolved', async () => {
    const tcp = await net.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
    const accepted = tcp.accept()
    const conn = await net.dialTCP('tcp', null, tcp.addr)
    await Promise.all([conn.close(), (await accepted).close(), tcp.close()])
    const udp = await net.listenUDP('udp', new UDPAddr(parseIP('127.0.0.1'), 0))
    await expectExchange(await net.dialUDP('udp', null, udp.addr), udp)
    const at = new UnixAddr(join(dir, `${net.target.name}-resolved`), 'unix')
    const unix = await net.listenUnix('unix', at)
    const taken = unix.accept()
    const unixConn = await net.dialUnix('unix', null, at)
    await Promise.all([unixConn.close(), (await taken).close(), unix.close()])
  })

  test('dials from the local address it is given', async () => {
    const listener = await net.listen('tcp', '127.0.0.1:0')
    const accepted = listener.accept()
    const localAddr = new TCPAddr(parseIP('127.0.0.2'), 0)
    const conn = await net.dial('tcp', listener.addr.toString(), { localAddr })
    expect(conn.localAddr.hostname).toBe('127.0.0.2')
    await Promise.all([conn.close(), (await accepted).close(), listener.close()])
  })

  test('leaves no listener on a signal', async () => {
    const counted = countedSignal()
    const { signal } = counted
    const listener = await net.listen('tcp', '127.0.0.1:0', { signal })
    const accepted = listener.accept()
    const conn = await net.dial('tcp', listener.addr.toString(), { signal, timeout: 60_000 })
    await Promise.all([conn.close(), (await accepted).close(), listener.close()])
    await rejection(net.dial('tcp', listener.addr.toString(), { signal }))
    expect(counted.listeners).toBe(0)
  })

  test('takes the reason of a signal that has aborted', async () => {
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    expect(await rejection(net.dial('tcp', '127.0.0.1:1', { signal }))).toBe(reason)
    expect(await rejection(net.listen('tcp', '127.0.0.1:0', { signal }))).toBe(reason)
    expect(await rejection(net.listenPacket('udp', '127.0.0.1:0', { signal }))).toBe(reason)
  })

  test('looks names and services up', async () => {
    expect(await net.lookupPort('tcp', 'http')).toBe(80)
    expect(await net.lookupPort('udp', 'domain')).toBe(53)
    expect(await net.lookupProtocol('udp')).toBe(17)
    expect(await net.lookupHost('127.0.0.1')).toEqual(['127.0.0.1'])
    const found = await net.lookupIPAddr('localhost')
    expect(found.some((a) => a.ip?.isLoopback)).toBe(true)
    expect(found[0]).toBeInstanceOf(IPAddr)
    expect((await net.resolveTCPAddr('tcp', 'localhost:http')).port).toBe(80)
  })
})

test('Net over the kernel exchanges datagrams and records over Unix sockets', async () => {
  const net = defaultNet()
  const path = join(dir, 'gram')
  const server = await net.listenPacket('unixgram', path)
  const localAddr = new UnixAddr(join(dir, 'gram-client'), 'unixgram')
  await expectExchange(await net.dial('unixgram', path, { localAddr }), server)
  const listener = await net.listen('unixpacket', join(dir, 'packet'))
  await expectGreeting(net, listener, 'unixpacket', join(dir, 'packet'))
})

test('the free functions are those of the default Net', async () => {
  const listener = await core.listen('tcp', '127.0.0.1:0')
  await expectGreeting(defaultNet(), listener, 'tcp', listener.addr.toString())
  const methods = Object.getOwnPropertyNames(Net.prototype).filter((name) => name !== 'constructor')
  expect(methods.filter((name) => !(name in core))).toEqual([])
  expect(methods.length).toBeGreaterThan(30)
})
