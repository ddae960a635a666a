import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hosted } from '@net/posix'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { parseDialString } from '../src/dial_string.ts'
import { defaultNet, Net, type TCPConn, type UDPConn } from '../src/index.ts'
import { rejection } from './vectors.ts'

test.each([
  ['tcp!example.com!http', 'tcp', 'example.com:http'],
  ['net!example.com!564', 'tcp', 'example.com:564'],
  ['udp6!::1!domain', 'udp6', '[::1]:domain'],
  ['tcp!fe80::1%lo!1', 'tcp', '[fe80::1%lo]:1'],
  ['tcp!*!80', 'tcp', ':80'],
  ['tcp!!80', 'tcp', ':80'],
  ['unix!/tmp/a!b', 'unix', '/tmp/a!b'],
  ['ip4:icmp!127.0.0.1', 'ip4:icmp', '127.0.0.1'],
])('parseDialString() splits %s', (s, network, address) => {
  expect(parseDialString(s)).toEqual({ network, address })
})

describe.each([defaultNet(), new Net(hosted())])('dial strings on $target.name', (net) => {
  test('Net.dial() and Net.listen() take them', async () => {
    await using listener = await net.listen('tcp!127.0.0.1!0')
    const accepted = listener.accept()
    await using conn = await net.dial(`net!localhost!${listener.addr.port}`, { timeout: 60_000 })
    expect(conn.remoteAddr.port).toBe(listener.addr.port)
    expectTypeOf(conn).toEqualTypeOf<TCPConn>()
    await (await accepted).close()
  })

  test('Net.listenPacket() takes them', async () => {
    await using socket = await net.listenPacket('udp!127.0.0.1!0')
    expectTypeOf(socket).toEqualTypeOf<UDPConn>()
    await using conn = await net.dial(`udp!127.0.0.1!${socket.localAddr.port}`)
    await conn.write(new Uint8Array([1]))
    const [packet] = await socket.receive()
    expect([...packet]).toEqual([1])
  })

  test('Net.dial() takes one of a Unix socket', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'net-dial-string-'))
    await using listener = await net.listen(`unix!${dir}/sock`)
    const accepted = listener.accept()
    await using conn = await net.dial(`unix!${dir}/sock`)
    expect(conn.remoteAddr.toString()).toBe(`${dir}/sock`)
    await (await accepted).close()
    await listener.close()
    await rm(dir, { recursive: true })
  })

  test.each([
    ['tcp!127.0.0.1', 'dial: address tcp!127.0.0.1: missing port in address'],
    ['!127.0.0.1!80', 'dial: address !127.0.0.1!80: missing network in address'],
    ['tcp!a!b!c', 'dial: address tcp!a!b!c: too many exclamation marks in address'],
    ['il!127.0.0.1!80', 'dial il: unknown network il'],
    ['tcp!127.0.0.1!nosuchservice', 'dial tcp: lookup tcp/nosuchservice: unknown port'],
  ] as const)('Net.dial() refuses %s', async (s, message) => {
    expect((await rejection(net.dial(s))).message).toBe(message)
  })

  test('Net.dial() without an address that is no dial string rejects with a TypeError', async () => {
    expect(await rejection(net.dial('tcp' as 'tcp!'))).toBeInstanceOf(TypeError)
    expect(await rejection(net.dial('tcp!a!b', 80 as unknown as string))).toBeInstanceOf(TypeError)
  })
})
