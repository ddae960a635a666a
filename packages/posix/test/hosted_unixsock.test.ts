import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { UnixAddr } from '@net/addr'
import { ErrClosed, ErrWriteToConnected, isErr, OpError, type Target, type UnixNetwork } from '@net/contract'
import { ledger, testConn, testTarget, type ConnPair } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { ErrWindows } from '@net/stubs'
import { hosted, listenTCPSync, posix } from '../src/index.ts'

const host = hosted()
const kernel = posix()
const dir = mkdtempSync(join(tmpdir(), 'net-hosted-'))
let check: () => Promise<void>
let count = 0

function fresh(): UnixAddr {
  return new UnixAddr(join(dir, `s${count++}`), 'unix')
}

beforeAll(async () => {
  // The first kernel socket opens the thread's epoll descriptor, which stays.
  await listenTCPSync('tcp', null).close()
  check = ledger(keepLeaks())
})

afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

async function unixPair(dialer: Target, acceptor: Target): Promise<ConnPair> {
  const listener = await acceptor.listenUnix('unix', fresh())
  const [c1, c2] = await Promise.all([dialer.dialUnix('unix', null, listener.addr), listener.accept()])
  await listener.close()
  return {
    c1,
    c2,
    async stop() {
      await c1.close()
      await c2.close()
    },
  }
}

async function failure(call: () => unknown): Promise<OpError> {
  try {
    await call()
  } catch (e) {
    expect(e).toBeInstanceOf(OpError)
    return e as OpError
  }
  throw new Error('the call should have failed')
}

testTarget({ test }, host, { unix: () => fresh().name, label: 'hosted' })

const stream = { network: 'unix', halfClose: true, byteStreams: true }

testConn({ test }, () => unixPair(host, kernel), { ...stream, label: 'hosted client of a kernel socket' })

testConn({ test }, () => unixPair(kernel, host), { ...stream, label: 'kernel client of a hosted socket' })

test('dialUnix() to a name that is not there fails in the words of the kernel half', async () => {
  const addr = fresh()
  const [a, b] = [
    await failure(() => host.dialUnix('unix', null, addr)),
    await failure(() => kernel.dialUnix('unix', null, addr)),
  ]
  expect(a.message).toBe(`dial unix ${addr.name}: connect: no such file or directory`)
  expect([a.message, a.code, a.errno, a.syscall]).toEqual([b.message, b.code, b.errno, b.syscall])
})

test('listenUnix() of a name in use fails in the words of the kernel half', async () => {
  const l = await host.listenUnix('unix', fresh())
  const [a, b] = [
    await failure(() => host.listenUnix('unix', l.addr)),
    await failure(() => kernel.listenUnix('unix', l.addr)),
  ]
  expect(a.message).toBe(`listen unix ${l.addr.name}: bind: address already in use`)
  expect([a.message, a.code, a.errno, a.syscall]).toEqual([b.message, b.code, b.errno, b.syscall])
  await l.close()
})

test('UnixListener.close() removes the file, and the name can be used at once', async () => {
  const addr = fresh()
  const l = await host.listenUnix('unix', addr)
  expect(existsSync(addr.name)).toBe(true)
  l.setUnlinkOnClose(true)
  await l.close()
  expect(existsSync(addr.name)).toBe(false)
  const again = await host.listenUnix('unix', addr)
  await again.close()
  expect(isErr(await failure(() => l.setUnlinkOnClose(true)), ErrClosed)).toBe(true)
})

test('the accepted end has the name of the listener, the dialled one none', async () => {
  const l = await host.listenUnix('unix', fresh())
  const [c, accepted] = await Promise.all([host.dialUnix('unix', null, l.addr), l.acceptUnix()])
  expect([c.localAddr.name, c.remoteAddr.name]).toEqual(['', l.addr.name])
  expect([accepted.localAddr.name, accepted.remoteAddr.name]).toEqual([l.addr.name, ''])
  expect(c.remoteAddr.network).toBe('unix')
  await Promise.all([l.close(), c.close(), accepted.close()])
})

const abstract = new UnixAddr(`@net-hosted-${process.pid}`, 'unix')
const [major = 0] = process.versions.node.split('.').map(Number)

test.skipIf(process.platform !== 'linux')(
  'an abstract name is found by the kernel half where the host binds it as it is, else it is refused',
  async () => {
    if (major < 22) {
      for (const name of [abstract.name, `\0${abstract.name}`]) {
        const addr = new UnixAddr(name, 'unix')
        expect((await failure(() => host.listenUnix('unix', addr))).cause).toBe(ErrWindows)
        expect((await failure(() => host.dialUnix('unix', null, addr))).cause).toBe(ErrWindows)
      }
      return
    }
    const l = await host.listenUnix('unix', abstract)
    const [c, accepted] = await Promise.all([kernel.dialUnix('unix', null, abstract), l.accept()])
    await c.write(new Uint8Array([4]))
    expect(await accepted.read(new Uint8Array(1))).toBe(1)
    await Promise.all([l.close(), c.close(), accepted.close()])
    expect((await failure(() => host.dialUnix('unix', null, abstract))).code).toBe('ECONNREFUSED')
  },
)

test('dialUnix() and listenUnix() reject missing addresses and unknown networks', async () => {
  const addr = fresh()
  expect((await failure(() => host.dialUnix('unix', null, null))).message).toBe('dial unix: missing address')
  expect((await failure(() => host.listenUnix('unix', null))).message).toBe('listen unix: missing address')
  const wrong = 'unixes' as UnixNetwork
  expect((await failure(() => host.dialUnix(wrong, null, addr))).message).toBe(
    `dial unixes ${addr.name}: unknown network unixes`,
  )
})

test('dialUnix() ends at its signal and at its deadline', async () => {
  const l = await host.listenUnix('unix', fresh())
  const signal = AbortSignal.abort('no')
  await expect(host.dialUnix('unix', null, l.addr, { signal })).rejects.toBe('no')
  const controller = new AbortController()
  const dialling = host.dialUnix('unix', null, l.addr, { signal: controller.signal })
  controller.abort('enough')
  await expect(dialling).rejects.toBe('enough')
  expect((await failure(() => host.dialUnix('unix', null, l.addr, { deadline: 1 }))).timeout).toBe(true)
  await l.close()
})

test('UnixConn.readFrom(), receive() and iteration give the bytes of the stream, writeTo() is refused', async () => {
  const l = await host.listenUnix('unix', fresh())
  const [c, accepted] = await Promise.all([host.dialUnix('unix', null, l.addr), l.accept()])
  await accepted.write(new Uint8Array([1, 2, 3]))
  const [n, from] = await c.readFromUnix(new Uint8Array(2))
  expect([n, from.name]).toEqual([2, l.addr.name])
  expect((await c.receive())[0].join()).toBe('3')
  for (const send of [c.writeTo.bind(c), c.writeToUnix.bind(c), c.send.bind(c)]) {
    expect(isErr(await failure(() => send(new Uint8Array(1), l.addr)), ErrWriteToConnected)).toBe(true)
  }
  await accepted.write(new Uint8Array([4]))
  await accepted.closeWrite()
  const got: string[] = []
  for await (const [p] of c) got.push(p.join())
  expect(got).toEqual(['4'])
  expect((await c.readFrom(new Uint8Array(2)))[0]).toBe(0)
  expect(await c.sendFile(new Blob(['file']).stream())).toBe(4)
  expect(await accepted.read(new Uint8Array(8))).toBe(4)
  expect(c.addr).toBe(c.localAddr)
  await Promise.all([l.close(), c.close(), accepted.close()])
})

test('what the host lacks is refused with ErrWindows', async () => {
  const l = await host.listenUnix('unix', fresh())
  const c = await host.dialUnix('unix', null, l.addr)
  const calls = [
    () => l.setUnlinkOnClose(false),
    () => l.syscallConn(),
    () => c.syscallConn(),
    () => l.file(),
    () => c.file(),
    () => c.setUnlinkOnClose(true),
    () => c.readMsgUnix(new Uint8Array(1), new Uint8Array(1)),
    () => c.writeMsgUnix(new Uint8Array(1), new Uint8Array(1), null),
    () => host.listenUnixgram('unixgram', fresh()),
    () => c.setReadBuffer(1024),
    () => c.setWriteBuffer(1024),
    () => host.dialUnix('unixgram', null, l.addr),
    () => host.dialUnix('unix', fresh(), l.addr),
    () => host.dialUnix('unix', null, l.addr, { control: () => {} }),
    () => host.listenUnix('unixpacket', fresh()),
    () => host.listenUnix('unix', fresh(), { reusePort: true }),
  ]
  for (const call of calls) {
    const e = await failure(call)
    expect([e.cause, e.code]).toEqual([ErrWindows, 'EWINDOWS'])
  }
  await Promise.all([l.close(), c.close()])
})
