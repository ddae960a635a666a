import { afterAll, expect, test } from 'vitest'
import type { Conn, TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { getOption, listenTCPSync, posix } from '../src/index.ts'
import { loopback } from './connected.ts'
import { missing, python } from './peer.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const CONNECTIONS = 200
const noPython = missing('python3', '--version')

test('listeners with reusePort share the connections of a port, and each gets some', async () => {
  const first = listenTCPSync('tcp', loopback, { reusePort: true })
  const listeners = [first]
  for (let i = 0; i < 3; i++) listeners.push(listenTCPSync('tcp', first.addr, { reusePort: true }))
  const accepted: Conn[] = []
  const counts = listeners.map(async (listener) => {
    expect(getOption(listener, 'SO_REUSEPORT')).toBe(true)
    let n = 0
    for await (const c of listener) {
      n++
      if (accepted.push(c) === CONNECTIONS) for (const l of listeners) void l.close()
    }
    return n
  })
  const dialled: TCPConn[] = []
  for (let i = 0; i < CONNECTIONS; i++) dialled.push(await posix().dialTCP('tcp', null, first.addr))
  const shares = await Promise.all(counts)
  expect(shares.reduce((a, b) => a + b)).toBe(CONNECTIONS)
  // The kernel chooses by a hash of the addresses: 50 each on average, and fewer than 10 once in millions of runs.
  for (const share of shares) expect(share).toBeGreaterThanOrEqual(10)
  await Promise.all([...accepted, ...dialled].map((c) => c.close()))
})

test.skipIf(noPython !== '')(
  `a listener with reusePort shares its port with a Python one ${noPython}`,
  async () => {
    const listener = listenTCPSync('tcp', loopback, { reusePort: true })
    const peer = python(
      `
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(256)
print('listening', flush=True)
n = 0
while True:
    c, _ = s.accept()
    last = c.recv(1) == b'.'
    c.close()
    if last: break
    n += 1
print(n)`,
      [String(listener.addr.port)],
    )
    expect(await peer.line()).toBe('listening')
    let ours = 0
    const serving = (async () => {
      for await (const c of listener) {
        ours++
        await c.close()
      }
    })()
    const p = new Uint8Array(1)
    for (let i = 0; i < CONNECTIONS; i++) {
      const c = await posix().dialTCP('tcp', null, listener.addr)
      await c.write(Uint8Array.of(0x2d)).catch(() => 0) // the server may be done with it already
      await c.read(p).catch(() => null)
      await c.close()
    }
    const port = listener.addr
    await listener.close()
    await serving
    const last = await posix().dialTCP('tcp', null, port)
    await last.write(Uint8Array.of(0x2e))
    const theirs = Number(await peer.line())
    await last.close()
    expect(await peer.ended()).toBe(0)
    expect(ours + theirs).toBe(CONNECTIONS)
    expect(Math.min(ours, theirs)).toBeGreaterThanOrEqual(50)
  },
)
