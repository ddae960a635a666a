import { spawn } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseIP, TCPAddr } from '@net/addr'
import type { Conn, File, TCPConn, TCPListener, TCPNetwork, Target } from '@net/contract'
import { ErrClosed, isErr, OpError } from '@net/contract'
import { ledger, testConn, testListener, testTarget, type ConnPair } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { ErrWindows } from '@net/stubs'
import { hosted, listenTCPSync, posix } from '../src/index.ts'

const host = hosted()
const kernel = posix()
let check: () => Promise<void>

beforeAll(async () => {
  // The first kernel socket opens the thread's epoll descriptor, which stays.
  await listenTCPSync('tcp', null).close()
  check = ledger(keepLeaks())
})

afterAll(() => check())

const loopback = new TCPAddr(parseIP('127.0.0.1'), 0)

async function tcpPair(
  network: TCPNetwork,
  laddr: TCPAddr | null,
  dialer: Target = host,
  acceptor: Target = host,
): Promise<ConnPair<TCPConn>> {
  const listener = await acceptor.listenTCP(network, laddr)
  const raddr = laddr === null ? new TCPAddr(parseIP('127.0.0.1'), listener.addr.port) : listener.addr
  const [c1, c2] = await Promise.all([
    dialer.dialTCP(laddr === null ? 'tcp4' : network, null, raddr),
    listener.accept(),
  ])
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

function swapped(pair: ConnPair<TCPConn>): ConnPair<TCPConn> {
  return { c1: pair.c2, c2: pair.c1, stop: pair.stop }
}

function reset(c: Conn): Promise<void> {
  ;(c as TCPConn).setLinger(0)
  return c.close()
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

const stream = { halfClose: true, byteStreams: true, reset }

const script = `
import { hosted } from '@net/posix'
import { parseIP, TCPAddr } from '@net/addr'
const target = hosted()
const listener = await target.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
const [c1, c2] = await Promise.all([target.dialTCP('tcp', null, listener.addr), listener.accept()])
await listener.close()
`

testTarget({ test }, host, { tcp4: true, tcp6: true, label: 'hosted' })

testConn({ test }, async () => swapped(await tcpPair('tcp', null)), {
  ...stream,
  label: 'hosted dual stack',
  liveness: { script, cwd: import.meta.dirname },
})

testListener(
  { test },
  async () => {
    const listener = await host.listenTCP('tcp', loopback)
    const dialled: Conn[] = []
    return {
      listener,
      async dial() {
        const c = await kernel.dialTCP('tcp', null, listener.addr)
        dialled.push(c)
        return c
      },
      async stop() {
        await Promise.all([listener, ...dialled].map((c) => c.close()))
      },
    }
  },
  {
    label: 'hosted listener of kernel clients',
    network: 'tcp',
    liveness: {
      script: script.replace(/const \[[^]*/, ''),
      cwd: import.meta.dirname,
    },
  },
)

testConn({ test }, () => tcpPair('tcp', loopback, host, kernel), {
  ...stream,
  label: 'hosted client of a kernel socket',
  network: 'tcp',
})

testConn({ test }, () => tcpPair('tcp', loopback, kernel, host), {
  ...stream,
  label: 'kernel client of a hosted socket',
  network: 'tcp',
})

async function withListener(body: (l: TCPListener) => Promise<void>): Promise<void> {
  const l = await host.listenTCP('tcp', loopback)
  try {
    await body(l)
  } finally {
    await l.close()
  }
}

async function withPair(body: (pair: ConnPair<TCPConn>) => Promise<void>): Promise<void> {
  const pair = await tcpPair('tcp', loopback)
  try {
    await body(pair)
  } finally {
    await pair.stop()
  }
}

test('dialTCP() to a port nobody listens on is connection refused, in the words of the kernel half', async () => {
  const l = await host.listenTCP('tcp', loopback)
  const { addr } = l
  await l.close()
  const [a, b] = [
    await failure(() => host.dialTCP('tcp', null, addr)),
    await failure(() => kernel.dialTCP('tcp', null, addr)),
  ]
  expect(a.message).toBe(`dial tcp ${addr.toString()}: connect: connection refused`)
  for (const field of ['message', 'op', 'net', 'code', 'errno', 'syscall', 'timeout', 'temporary'] as const) {
    expect(a[field], field).toEqual(b[field])
  }
})

test('listenTCP() of an address that is taken is address already in use', async () => {
  await withListener(async (l) => {
    const [a, b] = [
      await failure(() => host.listenTCP('tcp', l.addr)),
      await failure(() => kernel.listenTCP('tcp', l.addr)),
    ]
    expect(a.message).toBe(`listen tcp ${l.addr.toString()}: bind: address already in use`)
    expect([a.message, a.code, a.errno, a.syscall]).toEqual([b.message, b.code, b.errno, b.syscall])
  })
})

test('listenTCP() of an address of another machine is cannot assign requested address', async () => {
  const e = await failure(() => host.listenTCP('tcp4', new TCPAddr(parseIP('192.0.2.1'), 0)))
  expect(e.message).toBe('listen tcp4 192.0.2.1:0: bind: cannot assign requested address')
})

test('dialTCP() binds laddr, and says bind when it cannot', async () => {
  await withListener(async (l) => {
    const local = new TCPAddr(parseIP('127.0.0.2'), 0)
    const c = await host.dialTCP('tcp', local, l.addr)
    expect(c.localAddr.ip?.toString()).toBe('127.0.0.2')
    const accepted = await l.accept()
    expect(accepted.remoteAddr.toString()).toBe(c.localAddr.toString())
    await Promise.all([c.close(), accepted.close()])
    const e = await failure(() => host.dialTCP('tcp', new TCPAddr(parseIP('192.0.2.1'), 0), l.addr))
    expect(e.message).toBe(
      `dial tcp 192.0.2.1:0->${l.addr.toString()}: bind: cannot assign requested address`,
    )
  })
})

test('dialTCP() to an unspecified address reaches this machine', async () => {
  await withListener(async (l) => {
    for (const ip of [null, parseIP('0.0.0.0')]) {
      const [c, accepted] = await Promise.all([
        host.dialTCP('tcp', null, new TCPAddr(ip, l.addr.port)),
        l.accept(),
      ])
      expect(c.remoteAddr.toString()).toBe(l.addr.toString())
      await Promise.all([c.close(), accepted.close()])
    }
  })
})

test('dialTCP() rejects wrong networks, missing addresses and families that do not fit', async () => {
  const unknown = await failure(() => host.dialTCP('tcp5' as TCPNetwork, null, loopback))
  expect(unknown.message).toBe('dial tcp5 127.0.0.1:0: unknown network tcp5')
  expect((await failure(() => host.dialTCP('tcp', null, null))).message).toBe('dial tcp: missing address')
  const v6 = new TCPAddr(parseIP('::1'), 1)
  expect((await failure(() => host.dialTCP('tcp4', null, v6))).message).toBe(
    'dial tcp4 [::1]:1: address ::1: non-IPv4 address',
  )
})

test('dialTCP() ends at its signal with the reason and at its deadline with a time-out, and leaves nothing', async () => {
  await withListener(async (l) => {
    const controller = new AbortController()
    const dialling = host.dialTCP('tcp', null, l.addr, { signal: controller.signal })
    controller.abort('enough')
    await expect(dialling).rejects.toBe('enough')
    await expect(host.dialTCP('tcp', null, l.addr, { signal: AbortSignal.abort('no') })).rejects.toBe('no')
    const late = await failure(() => host.dialTCP('tcp', null, l.addr, { deadline: 1 }))
    expect(late.message).toBe(`dial tcp ${l.addr.toString()}: i/o timeout`)
    expect(late.timeout).toBe(true)
  })
})

test('a pending dialTCP() ends at its deadline', async () => {
  // A kernel listener whose queue is full answers no more.
  const l = listenTCPSync('tcp', loopback, { backlog: 0 })
  const open: TCPConn[] = []
  let e: OpError | null = null
  while (e === null && open.length < 100) {
    try {
      open.push(await host.dialTCP('tcp', null, l.addr, { deadline: Date.now() + 300 }))
    } catch (cause) {
      e = cause as OpError
    }
  }
  expect(e?.message).toBe(`dial tcp ${l.addr.toString()}: i/o timeout`)
  await Promise.all([l.close(), ...open.map((c) => c.close())])
})

test('TCPListener.accept() gives connections in the order they came, also those that came before it', async () => {
  await withListener(async (l) => {
    const clients: TCPConn[] = []
    for (let i = 0; i < 5; i++) clients.push(await host.dialTCP('tcp', null, l.addr))
    for (const c of clients) {
      const accepted = await l.acceptTCP()
      expect(accepted.remoteAddr.toString()).toBe(c.localAddr.toString())
      expect(accepted.localAddr.toString()).toBe(l.addr.toString())
      await Promise.all([accepted.close(), c.close()])
    }
  })
})

test('TCPListener.accept() of a connection that sent and closed before gives what it sent', async () => {
  await withListener(async (l) => {
    const c = await host.dialTCP('tcp', null, l.addr)
    await c.write(new Uint8Array([1, 2, 3]))
    await c.close()
    const accepted = await l.accept()
    const p = new Uint8Array(8)
    expect(await accepted.read(p)).toBe(3)
    expect(await accepted.read(p)).toBe(null)
    await accepted.close()
  })
})

test('TCPListener.accept() of a connection that was reset before gives it with its address, and read() tells', async () => {
  await withListener(async (l) => {
    const waiting = l.accept()
    const first = await host.dialTCP('tcp', null, l.addr)
    const c = await kernel.dialTCP('tcp', null, l.addr)
    const from = c.localAddr.toString()
    await (await waiting).close()
    // A third that is accepted shows that the host has taken the second off the kernel.
    const third = await host.dialTCP('tcp', null, l.addr)
    await new Promise((resolve) => setImmediate(resolve))
    await reset(c)
    const accepted = await l.accept()
    expect(accepted.remoteAddr.toString()).toBe(from)
    expect((await failure(() => accepted.read(new Uint8Array(8)))).code).toBe('ECONNRESET')
    await Promise.all([accepted.close(), first.close(), third.close(), (await l.accept()).close()])
  })
})

test('TCPListener.accept() ends at a deadline, a timeout, a signal and close()', async () => {
  await withListener(async (l) => {
    l.setDeadline(Date.now() + 20)
    const late = await failure(() => l.accept())
    expect(late.message).toBe(`accept tcp ${l.addr.toString()}: i/o timeout`)
    l.setDeadline(null)
    l.setTimeout(20)
    expect((await failure(() => l.accept())).timeout).toBe(true)
    l.setTimeout(0)
    const controller = new AbortController()
    const accepting = l.accept({ signal: controller.signal })
    controller.abort('enough')
    await expect(accepting).rejects.toBe('enough')
    const pending = failure(() => l.accept())
    await l.close()
    const e = await pending
    expect(e.message).toBe(`accept tcp ${l.addr.toString()}: use of closed network connection`)
    expect(isErr(e, ErrClosed)).toBe(true)
  })
})

test('for await over a TCPListener ends quietly at close()', async () => {
  await withListener(async (l) => {
    const dialled = await host.dialTCP('tcp', null, l.addr)
    let n = 0
    for await (const c of l) {
      n++
      await c.close()
      await l.close()
    }
    expect(n).toBe(1)
    await dialled.close()
  })
})

test('TCPListener.close() resets the connections nobody has accepted', async () => {
  const l = await host.listenTCP('tcp', loopback)
  const c = await host.dialTCP('tcp', null, l.addr)
  const second = await host.dialTCP('tcp', null, l.addr)
  const first = await l.accept() // the host has accepted both once the second is connected and the loop has turned
  const reading = failure(() => second.read(new Uint8Array(8)))
  await new Promise((resolve) => setImmediate(resolve))
  await l.close()
  expect((await reading).code).toBe('ECONNRESET')
  await Promise.all([c.close(), first.close(), second.close()])
})

test('TCPListener keeps the connections beyond its backlog, in their order, until they are accepted', async () => {
  const l = await host.listenTCP('tcp', loopback, { backlog: 1 })
  const clients: TCPConn[] = []
  for (let i = 0; i < 20; i++) {
    const c = await host.dialTCP('tcp', null, l.addr)
    await c.write(Uint8Array.of(i))
    clients.push(c)
  }
  const p = new Uint8Array(8)
  for (const [i, c] of clients.entries()) {
    const accepted = await l.accept()
    expect(await accepted.read(p)).toBe(1)
    expect(p[0]).toBe(i)
    await accepted.write(p.subarray(0, 1))
    expect(await c.read(p)).toBe(1)
    expect(p[0]).toBe(i)
    await accepted.close()
  }
  await Promise.all([l.close(), ...clients.map((c) => c.close())])
})

test('TCPConn.read() gives what arrived before a reset, then the reset', async () => {
  await withPair(async ({ c1, c2 }) => {
    await c1.write(new Uint8Array([1, 2, 3]))
    const p = new Uint8Array(1)
    expect(await c2.read(p)).toBe(1) // the host has read all three
    await reset(c1)
    const one = await c2.read(p)
    const two = await c2.read(p)
    expect([one, two]).toEqual([1, 1])
    const e = await failure(() => c2.read(p))
    expect([e.code, e.syscall]).toEqual(['ECONNRESET', 'read'])
  })
})

test('TCPConn.write() after the connection was reset fails as a write', async () => {
  await withPair(async ({ c1, c2 }) => {
    const reading = failure(() => c2.read(new Uint8Array(1)))
    await reset(c1)
    await reading
    const e = await failure(() => c2.write(new Uint8Array(8)))
    expect([e.op, e.syscall, e.n]).toEqual(['write', 'write', 0])
  })
})

test('TCPConn.close() delivers a piece that a write has counted, although the peer reads it later', async () => {
  await withPair(async ({ c1, c2 }) => {
    const p = new Uint8Array(4 << 20).fill(7)
    c1.setWriteDeadline(Date.now() + 50)
    let sent = 0
    for (let e: OpError | null = null; e === null;) {
      e = await c1.write(p).then(
        (n) => ((sent += n), null),
        (cause: unknown) => cause as OpError,
      )
      sent += e?.n ?? 0
    }
    await c1.close()
    await expect(c1.write(p)).rejects.toThrow('use of closed network connection')
    let got = 0
    const into = new Uint8Array(65536)
    for (let n = await c2.read(into); n !== null; n = await c2.read(into)) got += n
    expect(got).toBe(sent)
  })
})

test('TCPConn.write() that waits sends its own bytes, whatever another connection or its caller writes meanwhile', async () => {
  await withPair(async ({ c1, c2 }) => {
    const ones = new Uint8Array(4 << 20).fill(1)
    c1.setWriteDeadline(Date.now() + 50)
    let sent = 0
    for (let e: OpError | null = null; e === null;) {
      e = await c1.write(ones).then(
        (n) => ((sent += n), null),
        (cause: unknown) => cause as OpError,
      )
      sent += e?.n ?? 0
    }
    ones.fill(2)
    await withPair(async ({ c1: other, c2: far }) => {
      const into = new Uint8Array(1 << 20)
      for (let i = 0; i < 16; i++) {
        await Promise.all([other.write(new Uint8Array(100_000).fill(3)), far.read(into)])
      }
    })
    await c1.closeWrite()
    const into = new Uint8Array(1 << 20)
    let got = 0
    for (let n = await c2.read(into); n !== null; n = await c2.read(into)) {
      expect(into.subarray(0, n).every((byte) => byte === 1)).toBe(true)
      got += n
    }
    expect(got).toBe(sent)
  })
})

test('TCPConn.close() gives a piece that the peer does not take 5 s, then lets the process exit', async () => {
  const code = `${script}
    let n = 0
    for (;;) {
      c1.setWriteDeadline(Date.now() + 500)
      try {
        await c1.write(new Uint8Array(4 << 20))
      } catch (e) {
        n += e.n
        if (e.n === 0) break
      }
    }
    const began = performance.now()
    await c1.close()
    process.stdout.write(performance.now() - began < 2500 ? 'closed ' : 'late ')
    process.on('exit', () => process.stdout.write(performance.now() - began > 4000 ? 'exit' : 'early'))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  const exit = await new Promise((resolve) => child.on('close', resolve))
  expect([out, exit]).toEqual(['closed exit', 0])
})

test('TCPConn.closeWrite() again does nothing, also when both sides have ended', async () => {
  await withPair(async ({ c1, c2 }) => {
    await c1.closeWrite()
    await c1.closeWrite()
    expect(await c2.read(new Uint8Array(8))).toBe(null)
    await c2.closeWrite()
    expect(await c1.read(new Uint8Array(8))).toBe(null)
    expect(await c1.read(new Uint8Array(8))).toBe(null)
    await c1.closeWrite()
    const e = await failure(() => c1.write(new Uint8Array(8)))
    expect([e.code, e.syscall, e.n]).toEqual(['EPIPE', 'write', 0])
  })
})

test('TCPConn.closeWrite() after close(), and setters, are ErrClosed', async () => {
  await withPair(async ({ c1 }) => {
    await c1.close()
    const calls = [
      () => c1.closeWrite(),
      () => c1.closeRead(),
      () => c1.setNoDelay(),
      () => c1.setKeepAlive(),
      () => c1.setLinger(0),
      () => c1.setKeepAliveConfig({ enable: true }),
      () => c1.setReadBuffer(1),
    ]
    for (const call of calls) expect(isErr(await failure(call), ErrClosed)).toBe(true)
  })
})

test('TCPConn.closeWrite() of a connection that was reset is not connected', async () => {
  await withPair(async ({ c1, c2 }) => {
    const reading = failure(() => c2.read(new Uint8Array(1)))
    await reset(c1)
    await reading
    expect((await failure(() => c2.closeWrite())).message).toMatch(
      /^close tcp .*: shutdown: transport endpoint is not connected$/,
    )
  })
})

test('options that the host has are taken', async () => {
  await withPair(async ({ c1 }) => {
    c1.setNoDelay(false)
    c1.setNoDelay()
    c1.setKeepAlive(false)
    c1.setKeepAlive()
    c1.setKeepAliveConfig({ enable: true, idle: 30_000 })
    c1.setKeepAliveConfig({ enable: false, interval: -1, count: -1 })
    c1.setLinger(0)
    c1.setLinger(-1)
    expect(await c1.write(new Uint8Array(1))).toBe(1)
  })
})

test('what the host lacks is refused with ErrWindows', async () => {
  const file = { fd: 0, name: '', close: () => Promise.resolve() } as File
  await withPair(async ({ c1 }) => {
    const l = await host.listenTCP('tcp', loopback, { keepAlive: false })
    const calls = [
      () => c1.setReadBuffer(65536),
      () => c1.setWriteBuffer(65536),
      () => c1.setLinger(1),
      () => c1.setKeepAliveConfig({ enable: true, interval: 1000 }),
      () => c1.setKeepAliveConfig({ enable: true, count: 3 }),
      () => c1.syscallConn(),
      () => c1.file(),
      () => l.file(),
      () => l.syscallConn(),
      () => host.dialTCP('tcp', null, l.addr, { control: () => {} }),
      () => host.dialTCP('tcp', null, l.addr, { keepAlive: { enable: true, count: 1 } }),
      () => host.listenTCP('tcp', loopback, { control: () => {} }),
      () => host.listenTCP('tcp', loopback, { reuseAddress: false }),
      () => host.fileConn(file),
      () => host.interfaces(),
      () => host.listenIP('ip4:icmp', null),
    ]
    for (const call of calls) {
      const e = await failure(call)
      expect(e.cause).toBe(ErrWindows)
      expect(e.code).toBe('EWINDOWS')
    }
    await l.close()
  })
})

test('listenTCP() with reusePort shares the port where the host can, else it is refused', async () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const able = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
  const listening = host.listenTCP('tcp', loopback, { reusePort: true })
  if (!able) {
    expect((await failure(() => listening)).cause).toBe(ErrWindows)
    return
  }
  const l = await listening
  const second = await host.listenTCP('tcp', l.addr, { reusePort: true })
  expect(second.addr.toString()).toBe(l.addr.toString())
  await Promise.all([l.close(), second.close()])
})

test('listenTCP() of no address listens on every one of both families', async () => {
  const l = await host.listenTCP('tcp', null)
  expect(l.addr.ip?.isUnspecified).toBe(true)
  for (const ip of ['127.0.0.1', '::1']) {
    const [c, accepted] = await Promise.all([
      host.dialTCP('tcp', null, new TCPAddr(parseIP(ip), l.addr.port)),
      l.accept(),
    ])
    expect(accepted.remoteAddr.ip?.toString()).toBe(ip)
    await Promise.all([c.close(), accepted.close()])
  }
  await l.close()
})

test('hosted() tells what the internet stack supports as the kernel does', () => {
  expect([host.supportsIPv4(), host.supportsIPv6(), host.supportsIPv4map()]).toEqual([
    kernel.supportsIPv4(),
    kernel.supportsIPv6(),
    kernel.supportsIPv4map(),
  ])
})
