import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { UnixAddr } from '@net/addr'
import { ErrWriteToConnected, isErr, type Conn } from '@net/contract'
import { ledger, testConn, testPacketConn } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, listenUnixgramSync, listenUnixSync, posix, socketPair } from '../src/index.ts'
import { putUnix, sockaddrOut } from '../src/wire/sockaddr.ts'
import { connect } from '../src/sys/syscall.ts'

const target = posix()
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const dir = mkdtempSync(join(tmpdir(), 'net-unixgram-'))
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

let count = 0
const unused = (): string => join(dir, `s${count++}`)
const gram = (name: string): UnixAddr => new UnixAddr(name, 'unixgram')
const text = (s: string): Uint8Array => new TextEncoder().encode(s)
const buffer = (): Uint8Array => new Uint8Array(64)

testPacketConn(
  { test },
  () => {
    const [p1, p2] = [
      listenUnixgramSync('unixgram', gram(unused())),
      listenUnixgramSync('unixgram', gram(unused())),
    ]
    return Promise.resolve({ p1, p2, stop: () => closeAll([p1, p2]) })
  },
  {
    label: 'unixgram, bound to paths',
    network: 'unixgram',
    makeConnected: async () => {
      const [c, peer] = socketPair('unixgram')
      await peer.close()
      return c
    },
    liveness: {
      script: `
import { listenUnixgramSync } from '@net/posix'
import { UnixAddr } from '@net/addr'
const p1 = listenUnixgramSync('unixgram', new UnixAddr('', 'unixgram'))`,
      cwd: import.meta.dirname,
    },
  },
)

testPacketConn(
  { test },
  () => {
    const [p1, p2] = [listenUnixgramSync('unixgram', gram('')), listenUnixgramSync('unixgram', gram(''))]
    return Promise.resolve({ p1, p2, stop: () => closeAll([p1, p2]) })
  },
  { label: 'unixgram, bound to names of the kernel’s choice', network: 'unixgram' },
)

testConn(
  { test },
  async () => {
    // Each must be there before the other can connect to it: one is connected by hand, and recognised as such.
    const bound = listenUnixgramSync('unixgram', gram(unused()))
    const c1 = await target.dialUnix('unixgram', gram(unused()), bound.localAddr)
    bound.syscallConn().control((fd) => {
      expect(connect(fd, sockaddrOut, putUnix(c1.localAddr.name))).toBe(0)
    })
    const file = await bound.file()
    const c2 = await target.fileConn(file)
    await closeAll([bound, file])
    return { c1, c2, stop: () => closeAll([c1, c2]) }
  },
  { label: 'unixgram, dialled', kind: 'datagram', network: 'unixgram' },
)

testConn(
  { test },
  () => {
    const [c1, c2] = socketPair('unixgram')
    return Promise.resolve({ c1, c2, stop: () => closeAll([c1, c2]) })
  },
  { label: 'unixgram, a pair', kind: 'datagram', network: 'unixgram' },
)

async function closeAll(conns: readonly Pick<Conn, 'close'>[]): Promise<void> {
  await Promise.all(conns.map((c) => c.close()))
}

test('listenUnixgram() binds a path, which stays after close as in Go', async () => {
  const path = unused()
  const c = await target.listenUnixgram('unixgram', gram(path))
  expect([c.localAddr.name, c.localAddr.network, c.localAddr.transport]).toEqual([
    path,
    'unixgram',
    'unixpacket',
  ])
  expect([c.remoteAddr.name, c.addr]).toEqual(['', c.localAddr])
  await c.close()
  expect(existsSync(path)).toBe(true)
  expect(() => listenUnixgramSync('unixgram', gram(path))).toThrow(
    `listen unixgram ${path}: bind: address already in use`,
  )
  rmSync(path)
})

test('UnixConn.setUnlinkOnClose() lets a datagram socket remove its file, once', async () => {
  const path = unused()
  const c = listenUnixgramSync('unixgram', gram(path))
  c.setUnlinkOnClose(true)
  await c.close()
  expect(existsSync(path)).toBe(false)
  const next = listenUnixgramSync('unixgram', gram(path))
  await c.close()
  expect(existsSync(path)).toBe(true)
  await next.close()
})

test('a dialled socket without a name has peers that cannot answer, one with an empty name gets one', async () => {
  const server = listenUnixgramSync('unixgram', gram(unused()))
  const nameless = await target.dialUnix('unixgram', null, server.localAddr)
  await nameless.write(text('hello'))
  const p = buffer()
  expect(await server.readFrom(p)).toEqual([5, gram('')])
  await expect(server.writeTo(p, gram(''))).rejects.toThrow(
    `write unixgram ${server.addr.name}->: missing address`,
  )
  const named = await target.dialUnix('unixgram', gram(''), server.localAddr)
  expect(named.localAddr.name).toMatch(/^@[0-9a-f]{5}$/)
  await named.write(text('hi'))
  const [n, from] = await server.readFrom(p)
  expect([n, from.name]).toEqual([2, named.localAddr.name])
  await server.writeTo(text('answer'), from)
  expect(await named.read(p)).toBe(6)
  await closeAll([server, nameless, named])
})

test('dialUnix() with a name and no peer is a bound socket', async () => {
  const path = unused()
  const c = await target.dialUnix('unixgram', gram(path), null)
  const peer = listenUnixgramSync('unixgram', gram(''))
  await c.writeTo(text('x'), peer.localAddr)
  expect((await peer.readFrom(buffer()))[1].name).toBe(path)
  await expect(c.write(text('x'))).rejects.toMatchObject({
    message: `write unixgram ${path}: write: transport endpoint is not connected`,
    code: 'ENOTCONN',
  })
  await closeAll([c, peer])
})

test('dialUnix() with neither name nor peer is a socket that sends to any, and nobody can answer it', async () => {
  const c = await target.dialUnix('unixgram', null, null)
  expect([c.localAddr.name, c.remoteAddr.name]).toEqual(['', ''])
  const peers = [listenUnixgramSync('unixgram', gram('')), listenUnixgramSync('unixgram', gram(unused()))]
  for (const peer of peers) {
    await c.writeTo(text('x'), peer.localAddr)
    expect(await peer.readFrom(buffer())).toEqual([1, gram('')])
  }
  await expect(c.write(text('x'))).rejects.toMatchObject({ code: 'ENOTCONN' })
  await expect(c.sendFile(peers[0] ?? c)).rejects.toThrow('no sendFile')
  await closeAll([c, ...peers])
})

test.each(['@net-gram', '\0net-gram-nul', '@net\0gram\0inside'])(
  'abstract name %j takes datagrams',
  async (name) => {
    const server = listenUnixgramSync('unixgram', gram(name))
    const c = await target.dialUnix('unixgram', gram('@net-gram\0client'), gram(name))
    await c.write(text('abc'))
    const p = buffer()
    const [n, from] = await server.readFrom(p)
    expect([n, from.name]).toEqual([3, '@net-gram\0client'])
    await server.writeTo(p.subarray(0, 2), from)
    expect(await c.read(p)).toBe(2)
    await closeAll([server, c])
  },
)

test('readable and writable of a datagram connection throw a TypeError that says why', async () => {
  const [c, peer] = socketPair('unixgram')
  for (const name of ['readable', 'writable'] as const) {
    expect(() => c[name]).toThrow(TypeError)
    expect(() => c[name]).toThrow(
      `a unixgram connection has packets, which a byte stream would run together: no ${name}`,
    )
  }
  await closeAll([c, peer])
})

test('UnixConn.writeTo() refuses other kinds of address, other networks, and a second peer', async () => {
  const c = listenUnixgramSync('unixgram', gram(''))
  const wrong = 'text' as unknown as UnixAddr
  await expect(c.writeTo(buffer(), wrong)).rejects.toThrow(TypeError)
  await expect(c.writeToUnix(buffer(), new UnixAddr('/x', 'unix'))).rejects.toMatchObject({
    message: `write unixgram ${c.addr.name}->/x: address family not supported by protocol`,
    code: 'EAFNOSUPPORT',
  })
  await expect(c.writeTo(buffer(), gram(`/${'x'.repeat(200)}`))).rejects.toMatchObject({ code: 'EINVAL' })
  await expect(c.writeTo(buffer(), gram(unused()))).rejects.toMatchObject({
    code: 'ENOENT',
    syscall: 'sendto',
  })
  const [a, b] = socketPair('unixgram')
  const second = await a.writeTo(buffer(), c.addr).catch((e: unknown) => e)
  expect(isErr(second, ErrWriteToConnected)).toBe(true)
  await a.write(text('ok'))
  expect(await b.read(buffer())).toBe(2)
  await closeAll([a, b, c])
})

test('a datagram larger than the send buffer is EMSGSIZE, and the connection goes on', async () => {
  const [a, b] = socketPair('unixgram')
  await expect(a.write(new Uint8Array(8 << 20))).rejects.toMatchObject({ code: 'EMSGSIZE', syscall: 'write' })
  await a.write(text('small'))
  expect(await b.read(buffer())).toBe(5)
  await closeAll([a, b])
})

test('UnixConn.receive() gives a datagram of any size whole', async () => {
  const [a, b] = socketPair('unixgram')
  const large = new Uint8Array(150_000).map((_, i) => i)
  await a.write(large)
  expect((await b.receive())[0]).toEqual(large)
  await a.write(large)
  const into = new Uint8Array(10)
  expect((await b.receive(into))[0]).toEqual(large.subarray(0, 10))
  await closeAll([a, b])
})

test('a sender waits for room in a queue that another filled, and for nothing longer', async () => {
  const server = listenUnixgramSync('unixgram', gram(unused()))
  const [filler, sender] = [
    listenUnixgramSync('unixgram', gram('')),
    listenUnixgramSync('unixgram', gram('')),
  ]
  filler.setWriteTimeout(100)
  let sent = 0
  const full = await (async () => {
    for (;;) {
      await filler.writeTo(Uint8Array.of(1), server.localAddr)
      sent++
    }
  })().catch((e: unknown) => e)
  expect(full).toMatchObject({ timeout: true, op: 'write' })
  const given = new AbortController()
  const cancelled = sender.writeTo(Uint8Array.of(2), server.localAddr, { signal: given.signal })
  given.abort('no')
  await expect(cancelled).rejects.toBe('no')
  const other = listenUnixgramSync('unixgram', gram(''))
  await sender.writeTo(Uint8Array.of(3), other.localAddr) // a full queue is one receiver's
  const waiting = sender.writeTo(Uint8Array.of(4), server.localAddr)
  for (let i = 0; i < sent; i++) await server.readFrom(buffer())
  expect(await waiting).toBe(1)
  const p = buffer()
  await server.readFrom(p)
  expect(p[0]).toBe(4)
  await closeAll([server, filler, sender, other])
})

test('unixgram is not listened on for connections, nor the others for datagrams', () => {
  const other = 'unix' as unknown as 'unixgram'
  expect(() => listenUnixgramSync(other, gram('/x'))).toThrow('listen unix /x: unknown network unix')
  expect(() => listenUnixgramSync('unixgram', null)).toThrow('listen unixgram: missing address')
  expect(() => listenUnixSync('unixgram', gram('/x'))).toThrow('listen unixgram /x: unknown network unixgram')
})
