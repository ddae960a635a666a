import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet } from '../src/index.ts'
import { rejection } from './vectors.ts'

const net = defaultNet()
let balanced: () => Promise<void>

beforeAll(async () => {
  await (await net.listen('tcp', '127.0.0.1:0')).close()
  balanced = ledger(keepLeaks())
})

afterAll(() => balanced())

type Place = readonly [family: '' | '4' | '6', host: string]

/** Two places, and whether the second can be listened on while the first is. */
const pairs: readonly (readonly [first: Place, second: Place, both: boolean])[] = [
  [['', ''], ['', ''], false],
  [['', ''], ['4', '0.0.0.0'], false],
  [['', ''], ['6', '[::]'], false],
  [['', '0.0.0.0'], ['', '[::]'], false],
  [['', '[::]'], ['', '0.0.0.0'], false],
  [['', '[::]'], ['4', '127.0.0.1'], false],
  [['', '[::]'], ['6', '[::1]'], false],
  [['4', '0.0.0.0'], ['4', '127.0.0.1'], false],
  [['6', '[::]'], ['6', '[::1]'], false],
  [['4', '127.0.0.1'], ['4', '127.0.0.1'], false],
  [['4', '0.0.0.0'], ['6', '[::]'], true],
  [['6', '[::]'], ['4', '0.0.0.0'], true],
  [['6', '[::]'], ['4', '127.0.0.1'], true],
  [['4', '127.0.0.1'], ['6', '[::1]'], true],
  [['4', '127.0.0.1'], ['4', '127.0.0.2'], true],
]

/** Listens in one place and gives the port, and how to stop. */
async function listen(proto: 'tcp' | 'udp', [family, host]: Place, port: number) {
  const network = `${proto}${family}` as const
  const address = `${host}:${port}`
  if (proto === 'tcp') {
    const l = await net.listen(network as 'tcp', address)
    return { port: l.addr.port, close: () => l.close() }
  }
  const c = await net.listenPacket(network as 'udp', address)
  return { port: c.localAddr.port, close: () => c.close() }
}

describe.each(['tcp', 'udp'] as const)('one port of %s', (proto) => {
  const named = ([family, host]: Place): string => `${proto}${family} ${host || 'anywhere'}`

  test.each(
    pairs.map(
      ([a, b, both]) => [named(a), both ? 'leaves room for' : 'keeps out', named(b), a, b, both] as const,
    ),
  )('%s %s %s', async (_a, _verb, _b, first, second, both) => {
    // A port that is free in one place may be somebody's in another: then another port shows it.
    for (let tries = 0; ; tries++) {
      const one = await listen(proto, first, 0)
      try {
        const other = listen(proto, second, one.port)
        if (!both) {
          expect(await rejection(other)).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind' })
          return
        }
        await (await other).close()
        return
      } catch (e) {
        if (!both || tries === 20) throw e
      } finally {
        await one.close()
      }
    }
  })
})

const servers: readonly (readonly [
  network: 'tcp' | 'tcp4' | 'tcp6',
  host: string,
  clients: readonly string[],
])[] = [
  ['tcp', '', ['tcp :', 'tcp4 127.0.0.1:', 'tcp [::1]:', 'tcp6 [::1]:', 'tcp [::ffff:127.0.0.1]:']],
  ['tcp', '0.0.0.0', ['tcp 127.0.0.1:', 'tcp4 127.0.0.1:', 'tcp6 [::1]:']],
  ['tcp', '[::ffff:0.0.0.0]', ['tcp 127.0.0.1:', 'tcp4 127.0.0.1:', 'tcp6 [::1]:']],
  ['tcp', '[::]', ['tcp 127.0.0.1:', 'tcp4 127.0.0.1:', 'tcp6 [::1]:']],
  ['tcp4', '', ['tcp 127.0.0.1:', 'tcp4 127.0.0.1:', 'tcp4 :']],
  ['tcp6', '', ['tcp [::1]:', 'tcp6 [::1]:', 'tcp6 :']],
  ['tcp', '127.0.0.1', ['tcp 127.0.0.1:', 'tcp4 127.0.0.1:', 'tcp [::ffff:127.0.0.1]:']],
  ['tcp', '[::ffff:127.0.0.1]', ['tcp 127.0.0.1:', 'tcp4 127.0.0.1:']],
  ['tcp6', '[::1]', ['tcp [::1]:', 'tcp6 [::1]:']],
]

test.each(servers)(
  'a listener of %s on "%s" is reached by every way that leads there',
  async (network, host, clients) => {
    await using listener = await net.listen(network, `${host}:0`)
    for (const client of clients) {
      const [from = '', to = ''] = client.split(' ')
      const [conn, peer] = await Promise.all([
        net.dial(from as 'tcp', `${to}${listener.addr.port}`),
        listener.accept(),
      ])
      await conn.write(Buffer.from(client))
      const p = new Uint8Array(64)
      const n = await peer.read(p)
      expect(Buffer.from(p.subarray(0, n ?? 0)).toString()).toBe(client)
      expect(String(peer.remoteAddr)).toBe(String(conn.localAddr))
      await Promise.all([conn.close(), peer.close()])
    }
  },
)

test('a port can be listened on again as soon as its listener is closed, also while an accept waits', async () => {
  const first = await net.listen('tcp', '127.0.0.1:0')
  const waiting = rejection(first.accept())
  const closed = first.close()
  await using second = await net.listen('tcp', first.addr.toString())
  expect(String(second.addr)).toBe(String(first.addr))
  expect(await waiting).toMatchObject({ op: 'accept', code: 'ERR_CLOSED' })
  await closed
})

test('the largest time limits are no limits', async () => {
  await using listener = await net.listen('tcp', '127.0.0.1:0')
  for (const timeout of [Number.MAX_SAFE_INTEGER, Number.MAX_VALUE, Infinity]) {
    const [conn, peer] = await Promise.all([
      net.dial('tcp', listener.addr.toString(), { timeout, deadline: Number.MAX_SAFE_INTEGER }),
      listener.accept(),
    ])
    conn.setDeadline(Number.MAX_VALUE)
    conn.setTimeout(timeout)
    const reading = conn.read(new Uint8Array(1))
    await peer.write(Uint8Array.of(1))
    expect(await reading).toBe(1)
    await Promise.all([conn.close(), peer.close()])
  }
})
