import { afterAll, expect, test } from 'vitest'
import { parseIP, TCPAddr } from '@net/addr'
import { ErrDeadlineExceeded, isErr, OpError, type RawConn, type TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { abi } from '../src/abi/system.ts'
import { allocBuffer, listenTCPSync, posix } from '../src/index.ts'
import { ffi } from '../src/sys/ffi.ts'

const target = posix()
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const loopback = new TCPAddr(parseIP('127.0.0.1'), 0)

async function connected(
  options: Parameters<typeof target.dialTCP>[3] = {},
): Promise<{ c: TCPConn; s: TCPConn; [Symbol.asyncDispose](): Promise<void> }> {
  const listener = listenTCPSync('tcp', loopback)
  const [c, s] = await Promise.all([target.dialTCP('tcp', null, listener.addr, options), listener.accept()])
  await listener.close()
  return {
    c,
    s,
    async [Symbol.asyncDispose]() {
      await c.close()
      await s.close()
    },
  }
}

const tcp = (raw: RawConn, name: number): number => raw.getsockoptInt(abi.IPPROTO_TCP, name)
const socket = (raw: RawConn, name: number): number => raw.getsockoptInt(abi.SOL_SOCKET, name)

test('a new TCP connection has no delay and keep-alive as Go has them, on both ends', async () => {
  await using pair = await connected()
  for (const end of [pair.c, pair.s]) {
    const raw = end.syscallConn()
    expect(tcp(raw, abi.TCP_NODELAY)).toBe(1)
    expect(socket(raw, abi.SO_KEEPALIVE)).toBe(1)
    expect(tcp(raw, abi.TCP_KEEPIDLE)).toBe(15)
    expect(tcp(raw, abi.TCP_KEEPINTVL)).toBe(15)
    expect(tcp(raw, abi.TCP_KEEPCNT)).toBe(9)
  }
})

test('dial takes keepAlive false and a KeepAliveConfig', async () => {
  {
    await using pair = await connected({ keepAlive: false })
    expect(socket(pair.c.syscallConn(), abi.SO_KEEPALIVE)).toBe(0)
  }
  await using pair = await connected({ keepAlive: { enable: true, idle: 2500, interval: -1, count: 4 } })
  const raw = pair.c.syscallConn()
  expect(tcp(raw, abi.TCP_KEEPIDLE)).toBe(3)
  expect(tcp(raw, abi.TCP_KEEPINTVL)).toBe(75) // the system's own
  expect(tcp(raw, abi.TCP_KEEPCNT)).toBe(4)
})

test('TCPConn setters reach the socket', async () => {
  await using pair = await connected()
  const { c } = pair
  const raw = c.syscallConn()
  c.setNoDelay(false)
  expect(tcp(raw, abi.TCP_NODELAY)).toBe(0)
  c.setNoDelay()
  expect(tcp(raw, abi.TCP_NODELAY)).toBe(1)
  c.setKeepAlive(false)
  expect(socket(raw, abi.SO_KEEPALIVE)).toBe(0)
  c.setKeepAlive()
  expect(socket(raw, abi.SO_KEEPALIVE)).toBe(1)
  c.setKeepAliveConfig({ enable: true, idle: 30_000, interval: 5000, count: 3 })
  expect([abi.TCP_KEEPIDLE, abi.TCP_KEEPINTVL, abi.TCP_KEEPCNT].map((o) => tcp(raw, o))).toEqual([30, 5, 3])
  c.setLinger(7)
  const linger = raw.getsockopt(abi.SOL_SOCKET, abi.SO_LINGER, 8)
  expect([...new Int32Array(linger.slice().buffer)]).toEqual([1, 7])
  c.setLinger(-1)
  expect(raw.getsockopt(abi.SOL_SOCKET, abi.SO_LINGER, 8)[0]).toBe(0)
  c.setReadBuffer(65536)
  c.setWriteBuffer(131072)
  // Linux doubles both for its own bookkeeping (socket(7)).
  expect(socket(raw, abi.SO_RCVBUF)).toBe(131072)
  expect(socket(raw, abi.SO_SNDBUF)).toBe(262144)
})

test('setters of a closed connection throw Go’s error', async () => {
  await using pair = await connected()
  const at = pair.c.localAddr
  await pair.c.close()
  expect(() => {
    pair.c.setNoDelay()
  }).toThrow(`set tcp ${at.toString()}: use of closed network connection`)
  expect(() => {
    pair.c.syscallConn().control(() => {})
  }).toThrow(`raw-control tcp ${at.toString()}: use of closed network connection`)
})

test('RawConn gives errors of options and waits for readiness', async () => {
  await using pair = await connected()
  const raw = pair.s.syscallConn()
  expect(() => raw.getsockoptInt(abi.SOL_SOCKET, 9999)).toThrow(
    expect.objectContaining({ op: 'get', code: 'ENOPROTOOPT', syscall: 'getsockopt' }) as Error,
  )
  let calls = 0
  const read = raw.read((fd) => {
    expect(fd).toBeGreaterThan(2)
    return ++calls === 2
  })
  await pair.c.write(Uint8Array.of(1))
  await read
  expect(calls).toBe(2)
  await expect(
    raw.read(() => {
      throw new RangeError('mine')
    }),
  ).rejects.toThrow(RangeError)
})

test('control sees the socket before it is bound or connected, and what it throws fails the call', async () => {
  const seen: string[] = []
  const control = (network: string, address: string, raw: RawConn): void => {
    raw.setsockoptInt(abi.SOL_SOCKET, abi.SO_RCVBUF, 40_000)
    seen.push(`${network} ${address}`)
  }
  const listener = listenTCPSync('tcp', loopback, { control })
  expect(socket(listener.syscallConn(), abi.SO_RCVBUF)).toBe(80_000)
  const [c, s] = await Promise.all([
    target.dialTCP('tcp', null, listener.addr, { control }),
    listener.accept(),
  ])
  expect(seen).toEqual(['tcp4 127.0.0.1:0', `tcp4 ${listener.addr.toString()}`])
  const refuse = (): never => {
    throw new RangeError('not this one')
  }
  await expect(target.dialTCP('tcp', null, listener.addr, { control: refuse })).rejects.toMatchObject({
    op: 'dial',
    cause: { message: 'not this one' },
  })
  expect(() => listenTCPSync('tcp', loopback, { control: refuse })).toThrow(
    /^listen tcp 127.0.0.1:0: not this one$/,
  )
  await Promise.all([c.close(), s.close(), listener.close()])
})

test('dial with a deadline gives up on a peer that does not answer', async () => {
  // A listener whose queue is full drops what comes after.
  const listener = listenTCPSync('tcp', loopback, { backlog: 0 })
  const dials = Array.from({ length: 4 }, () =>
    target
      .dialTCP('tcp', null, listener.addr, { deadline: Date.now() + 300 })
      .then((c) => c.close())
      .catch((e: unknown) => e),
  )
  const late = (await Promise.all(dials)).filter((e) => e !== undefined)
  expect(late.length).toBeGreaterThan(0)
  for (const e of late) {
    expect(e).toBeInstanceOf(OpError)
    expect(isErr(e, ErrDeadlineExceeded)).toBe(true)
    expect((e as OpError).message).toBe(`dial tcp ${listener.addr.toString()}: i/o timeout`)
    expect((e as OpError).timeout).toBe(true)
  }
  await listener.close()
})

test('dial is cancelled by its signal, with its reason', async () => {
  const listener = listenTCPSync('tcp', loopback, { backlog: 0 })
  const controller = new AbortController()
  const reason = { mine: true }
  const dials = Array.from({ length: 4 }, () =>
    target
      .dialTCP('tcp', null, listener.addr, { signal: controller.signal })
      .then((c) => c.close())
      .catch((e: unknown) => e),
  )
  setTimeout(() => {
    controller.abort(reason)
  }, 100)
  const ends = (await Promise.all(dials)).filter((e) => e !== undefined)
  expect(ends.length).toBeGreaterThan(0)
  for (const e of ends) expect(e).toBe(reason)
  await listener.close()
})

test('reusePort lets two listeners share a port; without it the second is told', async () => {
  const first = listenTCPSync('tcp', loopback, { reusePort: true })
  const second = listenTCPSync('tcp', first.addr, { reusePort: true })
  await first.close()
  await second.close()
  const alone = listenTCPSync('tcp', loopback)
  expect(() => listenTCPSync('tcp', alone.addr)).toThrow(
    expect.objectContaining({
      message: `listen tcp ${alone.addr.toString()}: bind: address already in use`,
      code: 'EADDRINUSE',
      errno: -98,
      syscall: 'bind',
    }) as Error,
  )
  await alone.close()
})

test('close with a positive linger sends what is left and settles when it is gone', async () => {
  await using pair = await connected()
  pair.c.setLinger(5)
  const data = new Uint8Array(300_000).fill(7)
  await pair.c.write(data)
  const closed = pair.c.close()
  let got = 0
  const p = new Uint8Array(65536)
  for (let n = await pair.s.read(p); n !== null; n = await pair.s.read(p)) got += n
  expect(got).toBe(data.byteLength)
  await closed
})

test('urgent data does not hide what comes after it', async () => {
  await using pair = await connected()
  const { c, s } = pair
  const send = ffi().func('intptr_t send(int fd, const void *buf, size_t len, int flags)')
  const p = new Uint8Array(64)
  const read = s.read(p)
  await c.write(Uint8Array.of(1, 2))
  expect(await read).toBe(2)
  c.syscallConn().control((fd) => {
    send(fd, Uint8Array.of(3, 4), 2, 0)
    send(fd, Uint8Array.of(0xff), 1, abi.MSG_OOB)
    send(fd, Uint8Array.of(5, 6), 2, 0)
  })
  const bytes: number[] = []
  while (bytes.length < 4) {
    const n = await s.read(p)
    bytes.push(...p.subarray(0, n ?? 0))
  }
  expect(bytes).toEqual([3, 4, 5, 6])
})

test('allocBuffer() begins at a multiple of 64 bytes in memory', () => {
  for (const size of [0, 1, 63, 4096, 65536, 1 << 20]) {
    const p = allocBuffer(size)
    expect(p.byteLength).toBe(size)
    expect(p.every((b) => b === 0)).toBe(true)
    if (size > 0) expect(Number(ffi().address(p) % 64n)).toBe(0)
  }
})
