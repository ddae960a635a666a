import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { afterAll, expect, test } from 'vitest'
import { parseIP, TCPAddr } from '@net/addr'
import type { TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { getOption, listenTCPSync, posix, setOption } from '../src/index.ts'
import { loopback, pattern } from './connected.ts'
import { missing, python, type Peer } from './peer.ts'

// TCP options by what a program in Python, or ss of iproute2, sees of them.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const none = missing('python3', '--version') || missing('ss', '-V')

/** What ss shows of the socket whose own port this is. */
function ss(port: number, ...options: string[]): string {
  return execFileSync('ss', ['-tinH', ...options, 'sport', '=', `:${port}`], { encoding: 'utf8' })
}

// Answers each byte with itself; prints its own port for each connection.
const echo = `
import socket
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
while True:
    c, addr = s.accept()
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        try: p = c.recv(1)
        except ConnectionResetError:
            print('reset')
            break
        if not p:
            print('end')
            break
        c.sendall(p)
    c.close()`

async function dial(peer: Peer): Promise<{ c: TCPConn; port: number }> {
  const port = Number(await peer.line())
  return { c: await posix().dialTCP('tcp', null, new TCPAddr(parseIP('127.0.0.1'), port)), port }
}

async function exchange(c: TCPConn): Promise<void> {
  const p = Uint8Array.of(1)
  await c.write(p)
  await c.read(p)
}

test.skipIf(none !== '')(
  `TCP_QUICKACK acknowledges each answer by a segment of its own ${none}`,
  async () => {
    await using peer = python(echo)
    const { c, port } = await dial(peer)
    const rounds = 40
    // Segments without data that came to the peer.
    const acknowledgements = (): number => {
      const [, all, data] = /segs_in:(\d+).*data_segs_in:(\d+)/.exec(ss(port)) ?? []
      return Number(all) - Number(data)
    }
    await exchange(c)
    const counts: number[] = []
    for (const quick of [false, true]) {
      const before = acknowledgements()
      for (let i = 0; i < rounds; i++) {
        await exchange(c)
        // What is delayed goes along with the next write, unless the kernel's patience ends first.
        setOption(c, 'TCP_QUICKACK', quick)
      }
      counts.push(acknowledgements() - before)
    }
    const [delayed = NaN, quick = NaN] = counts
    expect(quick).toBeGreaterThanOrEqual(rounds)
    expect(delayed).toBeLessThan(rounds)
    await c.close()
  },
)

test.skipIf(none !== '')(`TCP_CONGESTION of a listener is that of its connections ${none}`, async () => {
  const listener = listenTCPSync('tcp', loopback)
  const usual = getOption(listener, 'TCP_CONGESTION')
  const other = usual === 'reno' ? 'cubic' : 'reno'
  setOption(listener, 'TCP_CONGESTION', other)
  const peer = python(`
import socket
s = socket.create_connection(('127.0.0.1', ${listener.addr.port}))
print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b'\\0').decode())
s.recv(1)`)
  const c = await listener.accept()
  expect(await peer.line()).toBe(usual)
  expect(ss(listener.addr.port).trim().split(/\s+/)).toContain(other)
  setOption(c, 'TCP_CONGESTION', usual)
  expect(ss(listener.addr.port).trim().split(/\s+/)).not.toContain(other)
  await c.close()
  expect(await peer.ended()).toBe(0)
  await listener.close()
})

test.skipIf(none !== '')(`TCP_CORK sends several writes as one segment ${none}`, async () => {
  await using peer = python(echo)
  const { c, port } = await dial(peer)
  const rounds = 20
  const segments = (): number => Number(/data_segs_in:(\d+)/.exec(ss(port))?.[1] ?? NaN)
  await exchange(c)
  const counts: number[] = []
  for (const cork of [false, true]) {
    const before = segments()
    for (let i = 0; i < rounds; i++) {
      if (cork) setOption(c, 'TCP_CORK', true)
      for (let k = 1; k <= 3; k++) await c.write(Uint8Array.of(k))
      if (cork) setOption(c, 'TCP_CORK', false)
      const p = new Uint8Array(8)
      for (let n = 0; n < 3;) n += (await c.read(p)) ?? NaN
    }
    counts.push(segments() - before)
  }
  const [each = NaN, together = NaN] = counts
  // The kernel holds bytes back for a fifth of a second at most, which a busy machine may take now and then.
  expect(together).toBeGreaterThanOrEqual(rounds)
  expect(together).toBeLessThan(each)
  await c.close()
})

test.skipIf(none !== '')(`TCP_NOTSENT_LOWAT leaves fewer bytes unsent, which ss counts ${none}`, async () => {
  const unsent: number[] = []
  const bytes = pattern(30_000_000)
  for (const mark of [16_384, 0xffffffff]) {
    await using peer = python(echo)
    const { c } = await dial(peer)
    setOption(c, 'TCP_NOTSENT_LOWAT', mark)
    // The server's answers are not read: it comes to a stop, and the write has to wait.
    const writing = expect(c.write(bytes)).rejects.toMatchObject({ timeout: true })
    c.setWriteDeadline(Date.now() + 100)
    await writing
    unsent.push(Number(/\bnotsent:(\d+)/.exec(ss(c.localAddr.port))?.[1] ?? 0))
    c.setLinger(0)
    await c.close()
  }
  const [marked = NaN, unmarked = NaN] = unsent
  expect(marked).toBeLessThan(unmarked)
})

test.skipIf(none !== '')(`setKeepAliveConfig() starts the timer that ss shows ${none}`, async () => {
  await using peer = python(echo)
  const { c } = await dial(peer)
  c.setKeepAliveConfig({ enable: true, idle: 600_000, interval: 20_000, count: 3 })
  expect(ss(c.localAddr.port, '-o')).toMatch(/timer:\(keepalive,(9min\d+sec|9\.\d+min|10min),0\)/)
  c.setKeepAlive(false)
  expect(ss(c.localAddr.port, '-o')).not.toContain('keepalive')
  await c.close()
})

test.skipIf(none !== '')(
  `setLinger(0) and close() reset the peer’s connection, close() alone ends it ${none}`,
  async () => {
    await using peer = python(echo)
    const { c, port } = await dial(peer)
    await exchange(c)
    c.setLinger(0)
    await c.close()
    expect(await peer.line()).toBe('reset')
    const other = await posix().dialTCP('tcp', null, new TCPAddr(parseIP('127.0.0.1'), port))
    await exchange(other)
    await other.close()
    expect(await peer.line()).toBe('end')
  },
)

test.skipIf(none !== '')(`IPV6_V6ONLY leaves the port of IPv4 to another program ${none}`, async () => {
  // How many of the ports it can have. A few are tried, as one may be somebody's already.
  const program = `
import socket, sys
n = 0
for port in sys.argv[1:]:
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(('0.0.0.0', int(port)))
        s.listen()
        n += 1
    except OSError: pass
print(n)`
  const bound = async (network: 'tcp' | 'tcp6'): Promise<number> => {
    const listeners = [1, 2, 3, 4, 5].map(() => listenTCPSync(network, null))
    await using peer = python(
      program,
      listeners.map((l) => String(l.addr.port)),
    )
    const n = Number(await peer.line())
    for (const l of listeners) await l.close()
    return n
  }
  expect(await bound('tcp')).toBe(0)
  expect(await bound('tcp6')).toBeGreaterThan(0)
})

test.skipIf(none !== '')(
  `writev() and sendFile() reach a Python server whole, in order ${none}`,
  async () => {
    const server = python(`
import socket, hashlib
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
c, _ = s.accept()
h, n = hashlib.sha256(), 0
while True:
    p = c.recv(65536)
    if not p: break
    h.update(p)
    n += len(p)
print(n, h.hexdigest())
c.close()`)
    const { c } = await dial(server)

    const bytes = pattern(1_000_000)
    await c.writev([bytes.subarray(0, 7), new Uint8Array(), bytes.subarray(7)])
    const file = await open(process.execPath)
    await c.sendFile(file, { offset: 1000, length: 2_000_000 })
    const part = Buffer.alloc(2_000_000)
    await file.read(part, 0, part.byteLength, 1000)
    await file.close()
    await c.closeWrite()
    const digest = createHash('sha256').update(bytes).update(part).digest('hex')
    expect(await server.line()).toBe(`3000000 ${digest}`)
    expect(await server.ended()).toBe(0)
    await c.close()
  },
)

test.skipIf(none !== '')(`sendFile() relays between two Python programs, both ways ${none}`, async () => {
  await using server = python(echo)
  const listener = listenTCPSync('tcp', loopback)
  await using client = python(`
import socket
s = socket.create_connection(('127.0.0.1', ${listener.addr.port}))
s.sendall(b'to and fro')
s.shutdown(socket.SHUT_WR)
print(s.makefile().read())`)
  const inner = await listener.accept()
  const { c: outer } = await dial(server)
  const relay = async (from: TCPConn, to: TCPConn): Promise<number> => {
    const n = await to.sendFile(from)
    await to.closeWrite()
    return n
  }
  expect(await Promise.all([relay(inner, outer), relay(outer, inner)])).toEqual([10, 10])
  expect(await client.line()).toBe('to and fro')
  expect(await client.ended()).toBe(0)
  for (const x of [inner, outer, listener]) await x.close()
})
