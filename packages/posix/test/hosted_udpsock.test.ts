import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseIP, UDPAddr } from '@net/addr'
import {
  ErrClosed,
  ErrWriteToConnected,
  isErr,
  type Message,
  OpError,
  type Target,
  type UDPConn,
  type UDPNetwork,
} from '@net/contract'
import { ledger, testPacketConn, testTarget, type PacketPair } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { ErrWindows } from '@net/stubs'
import { hosted, listenUDPSync, posix } from '../src/index.ts'

const host = hosted()
const kernel = posix()
let check: () => Promise<void>

beforeAll(async () => {
  // The first kernel socket opens the thread's epoll descriptor, which stays.
  const c = listenUDPSync('udp', null)
  c.setReadDeadline(1)
  await c.close()
  check = ledger(keepLeaks())
})

afterAll(() => check())

const loopback = new UDPAddr(parseIP('127.0.0.1'), 0)

async function udpPair(first: Target, second: Target): Promise<PacketPair<UDPAddr>> {
  const p1 = await first.listenUDP('udp', loopback)
  const p2 = await second.listenUDP('udp', loopback)
  return {
    p1,
    p2,
    async stop() {
      await p1.close()
      await p2.close()
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

async function using(c: UDPConn, body: (c: UDPConn) => Promise<void>): Promise<void> {
  try {
    await body(c)
  } finally {
    await c.close()
  }
}

testTarget({ test }, host, { udp4: true, udp6: true, label: 'hosted' })

const script = `
import { hosted } from '@net/posix'
import { parseIP, UDPAddr } from '@net/addr'
const p1 = await hosted().listenUDP('udp', new UDPAddr(parseIP('127.0.0.1'), 0))
`

testPacketConn({ test }, () => udpPair(host, kernel), {
  label: 'hosted and kernel sockets',
  network: 'udp',
  largest: 65507,
  liveness: { script, cwd: import.meta.dirname },
})

test('listenUDP() of no address takes packets of both families', async () => {
  await using(await host.listenUDP('udp', null), async (c) => {
    for (const ip of ['127.0.0.1', '::1']) {
      const to = new UDPAddr(parseIP(ip), c.localAddr.port)
      await using(await host.dialUDP('udp', null, to), async (d) => {
        expect(d.remoteAddr.toString()).toBe(to.toString())
        await d.write(new Uint8Array([1]))
        const [n, from] = await c.readFromUDP(new Uint8Array(8))
        expect([n, from.toString()]).toEqual([1, d.localAddr.toString()])
        // An IPv4 address is reached from the IPv6 socket.
        await c.writeToUDP(new Uint8Array([2, 3]), from)
        expect(await d.read(new Uint8Array(8))).toBe(2)
      })
    }
  })
})

test('UDPConn.read() of a listening socket takes packets of anybody, and its peer is none', async () => {
  await using(await host.listenUDP('udp', loopback), async (c) => {
    expect(c.remoteAddr.toString()).toBe(':0')
    await using(await host.listenUDP('udp', loopback), async (d) => {
      await d.writeTo(new Uint8Array(3), c.localAddr)
      expect(await c.read(new Uint8Array(8))).toBe(3)
    })
  })
})

test('UDPConn.write() without a peer is destination address required, in the words of the kernel half', async () => {
  const c = await host.listenUDP('udp', loopback)
  const own = c.localAddr
  const e = await failure(() => c.write(new Uint8Array(1)))
  expect(e.message).toBe(`write udp ${own.toString()}: write: destination address required`)
  await c.close()
  const k = listenUDPSync('udp', own)
  const want = await failure(() => k.write(new Uint8Array(1)))
  expect([e.message, e.code, e.errno, e.syscall]).toEqual([want.message, want.code, want.errno, want.syscall])
  await k.close()
})

test('UDPConn.writeTo() of a dialled socket is ErrWriteToConnected', async () => {
  await using(await host.dialUDP('udp', null, new UDPAddr(parseIP('127.0.0.1'), 9)), async (c) => {
    const to = new UDPAddr(parseIP('127.0.0.1'), 10)
    const e = await failure(() => c.writeTo(new Uint8Array(1), to))
    expect(e.cause).toBe(ErrWriteToConnected)
    expect(e.message).toBe(
      `write udp ${c.localAddr.toString()}->127.0.0.1:10: use of WriteTo with pre-connected connection`,
    )
  })
})

test('UDPConn.read() tells that nobody listens at the peer, once, and goes on', async () => {
  const gone = await host.listenUDP('udp', loopback)
  const to = gone.localAddr
  await gone.close()
  await using(await host.dialUDP('udp', null, to), async (c) => {
    const reading = failure(() => c.read(new Uint8Array(8)))
    await c.write(new Uint8Array(1))
    const e = await reading
    expect(e.message).toBe(`read udp ${c.localAddr.toString()}->${to.toString()}: read: connection refused`)
    await using(await host.listenUDP('udp', to), async (back) => {
      await c.write(new Uint8Array([5]))
      const [p, from] = await back.receive()
      expect(p[0]).toBe(5)
      await back.send(new Uint8Array([6]), from)
      expect(await c.read(new Uint8Array(8))).toBe(1)
    })
  })
})

test('UDPConn.write() tells that nobody listens at the peer, when no read() took that', async () => {
  const to = new UDPAddr(parseIP('127.0.0.1'), 1)
  await using(await host.dialUDP('udp', null, to), async (c) => {
    await c.write(new Uint8Array(1))
    const e = await failure(async () => {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve))
        await c.write(new Uint8Array(1))
      }
    })
    expect(e.message).toBe(`write udp ${c.localAddr.toString()}->${to.toString()}: write: connection refused`)
  })
})

test('a dialled UDPConn takes packets of its peer only', async () => {
  await using(await host.listenUDP('udp', loopback), async (peer) => {
    await using(await host.listenUDP('udp', loopback), async (stranger) => {
      await using(await host.dialUDP('udp', null, peer.localAddr), async (c) => {
        await stranger.writeTo(new Uint8Array([1]), c.localAddr)
        await peer.writeTo(new Uint8Array([2]), c.localAddr)
        const p = new Uint8Array(1)
        expect(await c.read(p)).toBe(1)
        expect(p[0]).toBe(2)
      })
    })
  })
})

test('dialUDP() binds laddr, and an unspecified raddr is this machine', async () => {
  await using(await host.listenUDP('udp', loopback), async (peer) => {
    const local = new UDPAddr(parseIP('127.0.0.2'), 0)
    const to = new UDPAddr(null, peer.localAddr.port)
    await using(await host.dialUDP('udp4', local, to), async (c) => {
      expect(c.localAddr.ip?.toString()).toBe('127.0.0.2')
      expect(c.remoteAddr.toString()).toBe(peer.localAddr.toString())
    })
  })
})

test('a reader that stops loses packets beyond the receive buffer, and memory stays flat', async () => {
  await using(await host.listenUDP('udp', loopback), async (c) => {
    c.setReadBuffer(65536)
    await using(await host.dialUDP('udp', null, c.localAddr), async (d) => {
      const p = new Uint8Array(8192)
      const sent = 2000
      for (let i = 0; i < sent; i++) await d.write(p)
      let got = 0
      c.setReadTimeout(200)
      const e = await failure(async () => {
        for (;;) {
          await c.read(new Uint8Array(8192))
          got++
        }
      })
      expect(e.timeout).toBe(true)
      expect(got).toBeGreaterThan(0)
      // Twice the buffer (the kernel doubles what it is asked for), here and in the kernel.
      expect(got * 8192).toBeLessThanOrEqual(4 * 65536)
    })
  })
})

test('dialUDP() and listenUDP() reject wrong networks, families, deadlines and signals', async () => {
  const v6 = new UDPAddr(parseIP('::1'), 1)
  const messages = [
    [() => host.dialUDP('tcp' as UDPNetwork, null, v6), 'dial tcp [::1]:1: unknown network tcp'],
    [() => host.dialUDP('udp', null, null), 'dial udp: missing address'],
    [() => host.dialUDP('udp4', null, v6), 'dial udp4 [::1]:1: address ::1: non-IPv4 address'],
    [() => host.dialUDP('udp', null, v6, { deadline: 1 }), 'dial udp [::1]:1: i/o timeout'],
    [() => host.listenUDP('udp4', v6), 'listen udp4 [::1]:1: address ::1: non-IPv4 address'],
    [
      () => host.listenUDP('udp4', new UDPAddr(parseIP('192.0.2.1'), 0)),
      'listen udp4 192.0.2.1:0: bind: cannot assign requested address',
    ],
  ] as const
  for (const [call, message] of messages) expect((await failure(call)).message).toBe(message)
  const signal = AbortSignal.abort('no')
  await expect(host.dialUDP('udp', null, v6, { signal })).rejects.toBe('no')
})

test('UDPConn.writeTo() rejects families that do not fit and port 0', async () => {
  await using(await host.listenUDP('udp4', loopback), async (c) => {
    const own = c.localAddr.toString()
    expect((await failure(() => c.writeTo(new Uint8Array(1), new UDPAddr(parseIP('::1'), 1)))).message).toBe(
      `write udp4 ${own}->[::1]:1: address ::1: non-IPv4 address`,
    )
    expect((await failure(() => c.writeTo(new Uint8Array(1), loopback))).message).toBe(
      `write udp4 ${own}->127.0.0.1:0: sendto: invalid argument`,
    )
  })
})

test('buffer sizes are set, and refused after close', async () => {
  const c = await host.listenUDP('udp', loopback)
  c.setReadBuffer(32768)
  c.setWriteBuffer(32768)
  expect((await failure(() => c.setReadBuffer(-1))).op).toBe('set')
  await c.close()
  for (const call of [() => c.setReadBuffer(1), () => c.setWriteBuffer(1), () => c.bindToDevice('lo')]) {
    expect(isErr(await failure(call), ErrClosed)).toBe(true)
  }
  expect(isErr(await failure(() => c.write(new Uint8Array(1))), ErrClosed)).toBe(true)
})

test('writeBatch() and readBatch() carry packets in order, those with a segment size in pieces', async () => {
  await using a = await host.listenUDP('udp', loopback)
  await using b = await host.listenUDP('udp', loopback)
  const to = b.localAddr
  const sent: Message[] = [
    { buffer: new Uint8Array(5).fill(1), n: 0, addr: to },
    { buffer: new Uint8Array(0), n: 0, addr: to },
    { buffer: new Uint8Array(250).fill(2), n: 0, addr: to, segmentSize: 100 },
  ]
  expect(await a.writeBatch(sent)).toBe(3)
  expect(sent.map(({ n }) => n)).toEqual([5, 0, 250])
  const got: number[] = []
  while (got.length < 5) {
    const messages: Message[] = [0, 1, 2].map(() => ({ buffer: new Uint8Array(60), n: 0, addr: null }))
    const n = await b.readBatch(messages)
    for (const m of messages.slice(0, n)) {
      expect([m.addr?.toString(), m.oobn, m.segmentSize]).toEqual([a.localAddr.toString(), 0, 0])
      expect(new Set(m.buffer.subarray(0, m.n)).size).toBe(Math.min(m.n, 1))
      got.push(m.n)
    }
    if (n < 3) expect(messages[2]).toMatchObject({ n: 0, addr: null })
  }
  expect(got).toEqual([5, 0, 60, 60, 50]) // the buffers cut them
})

test('readBatch() takes all that the host has received, as far as there are messages', async () => {
  await using a = await host.listenUDP('udp', loopback)
  await using b = await host.listenUDP('udp', loopback)
  const read = b.read(new Uint8Array(1))
  for (let i = 0; i < 6; i++) await a.writeTo(new Uint8Array(i), b.localAddr)
  await read
  const messages: Message[] = Array.from({ length: 9 }, () => ({
    buffer: new Uint8Array(8),
    n: 0,
    addr: null,
  }))
  for (let at = 0; at < 5;) at += await b.readBatch(messages.slice(at, at + 5))
  expect(messages.slice(0, 5).map((m) => m.n)).toEqual([1, 2, 3, 4, 5])
})

test('batches are refused in the words of the kernel half', async () => {
  const to = new UDPAddr(parseIP('127.0.0.1'), 9)
  const message = (addr: UDPAddr | null): Message => ({ buffer: new Uint8Array(1), n: 0, addr })
  const told = async (target: Target): Promise<unknown[]> => {
    const c = await target.listenUDP('udp', loopback)
    const d = await target.dialUDP('udp', null, to)
    const calls = [
      () => c.writeBatch([message(null)]),
      () => d.writeBatch([message(to)]),
      () => c.writeBatch([message(new UDPAddr(parseIP('::1'), 9))]),
    ]
    const errors: OpError[] = []
    for (const call of calls) errors.push(await failure(call))
    expect([await c.writeBatch([]), await c.readBatch([])]).toEqual([0, 0])
    await c.close()
    await d.close()
    for (const call of [
      () => c.writeBatch([message(to)]),
      () => c.writeBatch([]),
      () => c.readBatch([message(null)]),
    ])
      errors.push(await failure(call))
    return errors.map((e) => [e.op, e.addr?.toString(), e.cause.message, e.n])
  }
  expect(await told(host)).toEqual(await told(kernel))
  await using c = await host.listenUDP('udp', loopback)
  const oob = { ...message(to), oob: new Uint8Array(16) }
  expect((await failure(() => c.writeBatch([oob]))).cause).toBe(ErrWindows)
})

test('what the host lacks is refused with ErrWindows', async () => {
  await using(await host.listenUDP('udp', loopback, { reuseAddress: true }), async (c) => {
    const calls = [
      () => c.bindToDevice('lo'),
      () => c.syscallConn(),
      () => c.file(),
      () => host.dialUDP('udp', null, c.localAddr, { control: () => {} }),
      () => host.listenUDP('udp', loopback, { control: () => {} }),
    ]
    for (const call of calls) expect((await failure(call)).cause).toBe(ErrWindows)
    const second = await host.listenUDP('udp', c.localAddr, { reuseAddress: true })
    expect(second.localAddr.toString()).toBe(c.localAddr.toString())
    await second.close()
  })
})
