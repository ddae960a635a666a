import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { serve9P } from '@net/9p'
import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
import { DNSError, ErrClosed, ErrDeadlineExceeded, isErr, type Conn } from '@net/contract'
import { testConn, testListener, testPacketConn } from '@net/contract/suite'
import { posix } from '@net/posix'
import { importNet, plan9 } from '../src/index.ts'
import { exported, PATIENCE, type Exported } from './exported.ts'

const loopback = new TCPAddr(parseIP('127.0.0.1'), 0)
let far: Exported

beforeAll(async () => {
  far = await exported('tcp')
})
afterAll(() => far[Symbol.asyncDispose]())

async function pair(target = far.target): Promise<[Conn, Conn]> {
  const listener = await posix().listenTCP('tcp', loopback)
  const both = await Promise.all([target.dialTCP('tcp', null, listener.addr), listener.accept()])
  await listener.close()
  return both
}

test('what comes after a read() was cancelled is there for the next', async () => {
  const [c, s] = await pair()
  const controller = new AbortController()
  const reading = c.read(new Uint8Array(8), { signal: controller.signal })
  controller.abort('gone')
  await expect(reading).rejects.toBe('gone')
  c.setReadDeadline(Date.now() + 20)
  const late = await c.read(new Uint8Array(8)).catch((e: unknown) => e)
  expect(isErr(late, ErrDeadlineExceeded)).toBe(true)
  c.setReadDeadline(null)
  await s.write(Buffer.from('kept'))
  const p = new Uint8Array(8)
  expect(await c.read(p)).toBe(4)
  expect(Buffer.from(p.subarray(0, 4)).toString()).toBe('kept')
  await Promise.all([c.close(), s.close()])
})

test('close() sends what was written, and everything is gone on both sides', async () => {
  const [c, s] = await pair()
  const sent = new Uint8Array(400_000).fill(7)
  const closing = c.write(sent).then(() => c.close())
  const p = new Uint8Array(65_536)
  let got = 0
  for (let n = await s.read(p); n !== null; n = await s.read(p)) got += n
  expect(got).toBe(sent.byteLength)
  await Promise.all([closing, s.close()])
  await vi.waitFor(() => {
    expect([far.net.fids, far.net.requests, far.served.activity.conversations]).toEqual([1, 0, 0])
  }, PATIENCE)
})

test('a server that grants short messages gets one request of a file at a time, and bytes keep their order', async () => {
  await using net = await importNet(await far.dial(), { msize: 8216 })
  const file = await net.open('tcp/clone', 'rw')
  expect([file.ioSize, file.outstanding]).toEqual([8192, 1])
  await file.close()
  const [c, s] = await pair(plan9({ net }))
  const sent = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251)
  const received = new Uint8Array(sent.byteLength)
  const echo = async (): Promise<void> => {
    const p = new Uint8Array(10_000)
    for (let n = 0; n < sent.byteLength;) {
      const got = await s.read(p)
      await s.write(p.subarray(0, got ?? 0))
      n += got ?? sent.byteLength
    }
  }
  const read = async (): Promise<void> => {
    for (let n = 0; n < sent.byteLength;) n += (await c.read(received.subarray(n))) ?? sent.byteLength
  }
  await Promise.all([c.write(sent), echo(), read()])
  expect(Buffer.compare(received, sent)).toBe(0)
  await Promise.all([c.close(), s.close()])
})

async function pass(from: Conn, to: Conn): Promise<void> {
  const p = new Uint8Array(65_536)
  try {
    for (let n = await from.read(p); n !== null; n = await from.read(p)) await to.write(p.subarray(0, n))
  } catch (e) {
    if (!isErr(e, ErrClosed)) throw e // closed by the test
  }
}

async function endlessWrites(c: Conn): Promise<never> {
  for (;;) await c.write(new Uint8Array(8))
}

test('a session that is cut fails everything with its reason, whatever the words of that remind of', async () => {
  // The session goes through a connection that is reset: words that a tree would say of a destination.
  await using between = await posix().listenTCP('tcp', loopback)
  const [link, near, onward] = await Promise.all([
    posix().dialTCP('tcp', null, between.addr),
    between.accept(),
    far.dial(),
  ])
  const passing = [pass(near, onward), pass(onward, near)]
  const net = await importNet(link)
  const target = plan9({ net })
  const [c, s] = await pair(target)
  await using listener = await target.listenTCP('tcp', loopback)
  await using udp = await target.listenUDP('udp', new UDPAddr(loopback.ip, 0))
  const waiting = [c.read(new Uint8Array(8)), listener.accept(), udp.readFrom(new Uint8Array(8))]
  near.setLinger(0)
  await Promise.all([near.close(), onward.close(), ...passing])
  const message = expect.stringMatching(
    /^9P session ended: the link was cut: .*connection reset by peer$/,
  ) as string
  const over = { code: 'ERR_9P_SESSION', message }
  const calls = [
    ...waiting,
    endlessWrites(c), // the first is taken before the tree has answered
    udp.writeTo(new Uint8Array(8), udp.localAddr),
    target.dialTCP('tcp', null, loopback),
    target.listenUDP('udp', new UDPAddr(loopback.ip, 0)),
    target.interfaces(),
  ]
  const lookups = [
    target.lookupHost('a.example'),
    target.lookupPort('tcp', 'http'),
    target.lookupTXT('a.example'),
    target.lookupProtocol('icmp'),
  ]
  const reasons = (await Promise.allSettled([...calls, ...lookups])) as PromiseRejectedResult[]
  for (const { reason } of reasons.slice(0, calls.length))
    expect(reason).toMatchObject({ name: 'OpError', code: 'ERR_9P_SESSION', cause: over })
  for (const { reason } of reasons.slice(calls.length)) {
    expect(reason).toBeInstanceOf(DNSError)
    expect(reason).toMatchObject({ isTemporary: true, isNotFound: false, cause: over })
  }
  await net.done
  expect(net.error).toMatchObject(over)
  await expect(net.open('tcp/clone', 'rw')).rejects.toMatchObject(over)
  await Promise.all([c.close(), s.close(), net.close()])
})

test('a tree that cannot be reached is told as such by every call, never as its destination', async () => {
  // Nothing listens where the tree should be, and then a server is there which lets nobody in: both say words
  // that a tree would say of a destination.
  const gone = await posix().listenTCP('tcp', loopback)
  await gone.close()
  const refused = (): Promise<Conn> => posix().dialTCP('tcp', null, gone.addr)
  await using strict = await posix().listenTCP('tcp', loopback)
  const denied = async (): Promise<Conn> => {
    const [near, there] = await Promise.all([posix().dialTCP('tcp', null, strict.addr), strict.accept()])
    serve9P(there, { attach: () => Promise.reject(new Error('permission denied')) })
    return near
  }
  for (const [dial, reason] of [
    [refused, `dial tcp ${gone.addr.toString()}: connect: connection refused`],
    [denied, 'permission denied'],
  ] as const) {
    const target = plan9({ net: 'tcp!far.example!564', dial })
    const at = new UDPAddr(loopback.ip, 0)
    const over = { code: 'ERR_9P_SESSION', message: `9P session cannot begin: ${reason}` }
    for (const call of [
      () => target.dialTCP('tcp', null, loopback),
      () => target.listenTCP('tcp', loopback),
      () => target.listenUDP('udp', at),
      () => target.interfaces(),
    ])
      await expect(call()).rejects.toMatchObject({ name: 'OpError', code: 'ERR_9P_SESSION', cause: over })
    for (const call of [() => target.lookupHost('a.example'), () => target.lookupMX('a.example')])
      await expect(call()).rejects.toMatchObject({ isTemporary: true, cause: over })
  }
})

test('a 9P address is dialled at first use, and anew when its session has ended', async () => {
  const asked: string[] = []
  const links: Conn[] = []
  await using target = plan9({
    net: 'tcp!far.example!564',
    dial: async (network, address) => {
      asked.push(`${network} ${address}`)
      const link = await far.dial()
      links.push(link)
      return link
    },
  })
  expect(asked).toEqual([])
  expect(await target.lookupPort('tcp', 'http')).toBe(80)
  expect(await target.lookupPort('udp', 'domain')).toBe(53)
  expect(asked).toEqual(['tcp far.example:564'])
  await links[0]?.close()
  await vi.waitFor(async () => {
    expect(await target.lookupPort('tcp', 'http')).toBe(80)
  }, PATIENCE)
  expect(asked).toHaveLength(2)
})

test('importNet() rejects what is no 9P server, and closes the connection', async () => {
  const listener = await posix().listenTCP('tcp', loopback)
  const [c, s] = await Promise.all([posix().dialTCP('tcp', null, listener.addr), listener.accept()])
  const importing = importNet(c)
  await s.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await expect(importing).rejects.toThrow(
    '9P session ended: the peer does not speak 9P, it says "HTTP/1.1 400 Bad Request\\r\\n\\r\\n"',
  )
  await expect(c.read(new Uint8Array(1))).rejects.toThrow('use of closed network connection')
  await Promise.all([s.close(), listener.close()])
})

testConn(
  { test },
  async () => {
    const [c1, c2] = await pair()
    return { c1, c2, stop: () => Promise.all([c1.close(), c2.close()]).then(() => {}) }
  },
  {
    label: 'import of tcp from a kernel socket',
    network: 'tcp',
  },
)

testListener(
  { test },
  async () => {
    const listener = await far.target.listenTCP('tcp', loopback)
    const dialled: Conn[] = []
    return {
      listener,
      async dial() {
        const c = await posix().dialTCP('tcp', null, listener.addr)
        dialled.push(c)
        return c
      },
      stop: () => Promise.all([listener, ...dialled].map((c) => c.close())).then(() => {}),
    }
  },
  {
    label: 'import of a tcp listener dialled from a kernel socket',
    network: 'tcp',
  },
)

testPacketConn(
  { test },
  async () => {
    const at = new UDPAddr(loopback.ip, 0)
    const [p1, p2] = await Promise.all([far.target.listenUDP('udp', at), posix().listenUDP('udp', at)])
    return { p1, p2, stop: () => Promise.all([p1.close(), p2.close()]).then(() => {}) }
  },
  {
    label: 'import of udp beside a kernel socket',
    network: 'udp',
  },
)
