import { IPAddr, parseIP, TCPAddr, type Addr } from '@net/addr'
import { DNSError, OpError, type Conn, type LookupGroup } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { ErrUnsupported, lookupStubs } from '@net/stubs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dialParallel, dialSerial, interleave, partialDeadline } from '../src/happy_eyeballs.ts'
import { defaultNet, DialError, Net, pipe } from '../src/index.ts'
import { rejection, vectors } from './vectors.ts'

let balanced: () => Promise<void>

beforeAll(async () => {
  // The first socket opens what a thread keeps.
  const l = await defaultNet().listen('tcp', '127.0.0.1:0')
  await l.close()
  balanced = ledger(keepLeaks())
})

afterAll(() => balanced())

/** A resolver that knows one name, 'many', of these addresses. */
function many(addrs: readonly string[], port: number): LookupGroup {
  return {
    ...lookupStubs(ErrUnsupported),
    lookupIPAddr: async () => addrs.map((a) => new IPAddr(parseIP(a))),
    lookupPort: async () => port,
  }
}

function net(addrs: readonly string[], port: number): Net {
  return new Net(defaultNet().target, { resolver: many(addrs, port) })
}

interface PartialDeadlineCase {
  readonly in: { readonly nowMs: number; readonly deadlineMs: number | null; readonly addrsRemaining: number }
  readonly out: number | null
  readonly err: string | null
}

test('partialDeadline() shares the time left as Go', () => {
  const { cases } = vectors<PartialDeadlineCase>('partial_deadline')
  expect(cases.length).toBe(55)
  for (const c of cases) {
    const got = partialDeadline(c.in.nowMs, c.in.deadlineMs ?? Infinity, c.in.addrsRemaining)
    const want = c.err === null ? (c.out ?? Infinity) : null
    // The vectors are rounded to microseconds.
    if (got === null || want === null || want === Infinity) expect(got, JSON.stringify(c)).toBe(want)
    else expect(Math.abs(got - want), JSON.stringify(c)).toBeLessThan(0.001)
  }
})

describe('Net.dial() of a name with several addresses', () => {
  test('connects to the second when the first refuses', async () => {
    await using listener = await defaultNet().listen('tcp4', '127.0.0.2:0')
    const accepted = listener.accept()
    await using conn = await net(['127.0.0.3', '127.0.0.2'], listener.addr.port).dial('tcp', 'many:1')
    expect(conn.remoteAddr.toString()).toBe(listener.addr.toString())
    await (await accepted).close()
  })

  test('falls back to the other family at once when the first refuses', async () => {
    await using listener = await defaultNet().listen('tcp4', '127.0.0.1:0')
    const accepted = listener.accept()
    const dialled = net(['::1', '127.0.0.1'], listener.addr.port).dial('tcp', 'many:1', {
      fallbackDelay: 1e8,
    })
    await using conn = await dialled
    expect(conn.remoteAddr.toString()).toBe(listener.addr.toString())
    await (await accepted).close()
  })

  test('tries the other family also when that is not to be done beside the first', async () => {
    await using listener = await defaultNet().listen('tcp4', '127.0.0.1:0')
    const accepted = listener.accept()
    const dialled = net(['::1', '127.0.0.1'], listener.addr.port).dial('tcp', 'many:1', { fallbackDelay: -1 })
    await using conn = await dialled
    expect(conn.remoteAddr.toString()).toBe(listener.addr.toString())
    await (await accepted).close()
  })

  test("rejects with the first address's error when all refuse", async () => {
    const port = 1
    for (const [addrs, first] of [
      [['::1', '127.0.0.1', '127.0.0.2'], '[::1]'],
      [['127.0.0.2', '::1', '127.0.0.1'], '127.0.0.2'],
    ] as const) {
      const e = await rejection(net(addrs, port).dial('tcp', 'many:1'))
      expect(e.message).toBe(`dial tcp ${first}:${port}: connect: connection refused`)
      expect(e).toMatchObject({ op: 'dial', net: 'tcp', code: 'ECONNREFUSED', syscall: 'connect' })
      expect(e).toBeInstanceOf(OpError)
      if (!(e instanceof DialError)) throw e
      expect(e.errors.map((one) => one.addr?.toString()).sort()).toEqual(
        addrs.map((a) => (a.includes(':') ? `[${a}]:${port}` : `${a}:${port}`)).sort(),
      )
      expect(new Set(e.errors.map((one) => one.code))).toEqual(new Set(['ECONNREFUSED']))
    }
  })

  test('rejects with the missing address when a name has none', async () => {
    const e = await rejection(net([], 1).dial('tcp', 'many:1'))
    expect(e.message).toBe('dial tcp: address many: no suitable address found')
  })
})

const a4 = new TCPAddr(parseIP('192.0.2.1'), 1)
const a6 = new TCPAddr(parseIP('2001:db8::1'), 1)

describe('dialParallel()', () => {
  test('starts the fallback when the first is slow, lets the first win, and ends the other', async () => {
    const begun: Addr[] = []
    const [conn, peer] = pipe()
    let answer: (c: Conn) => void = () => {}
    let ended: unknown
    const one = (addr: Addr, _at: number, signal: AbortSignal | undefined): Promise<Conn> =>
      new Promise((resolve, reject) => {
        begun.push(addr)
        if (addr === a6) {
          answer = resolve
          return
        }
        signal?.addEventListener('abort', () => {
          ended = addr
          reject(new Error('cancelled'))
        })
        answer(conn)
      })
    await expect(dialParallel([a6, a4], 1, Infinity, undefined, one)).resolves.toBe(conn)
    expect(begun).toEqual([a6, a4])
    expect(ended).toBe(a4)
    await conn.close()
    await peer.close()
  })

  test('closes a connection that comes too late', async () => {
    const [late, latePeer] = pipe()
    const [conn, peer] = pipe()
    let answer: (c: Conn) => void = () => {}
    const one = async (addr: Addr): Promise<Conn> => {
      if (addr === a6) return new Promise((resolve) => (answer = resolve))
      return conn
    }
    expect(await dialParallel([a6, a4], 1, Infinity, undefined, one)).toBe(conn)
    answer(late)
    expect(await latePeer.read(new Uint8Array(1))).toBe(null)
    await Promise.all([conn.close(), peer.close(), latePeer.close()])
  })

  test('cancels both with the reason of the signal, and leaves no listener on it', async () => {
    const controller = new AbortController()
    const ended: Addr[] = []
    const one = (addr: Addr, _at: number, signal: AbortSignal | undefined): Promise<Conn> =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          ended.push(addr)
          reject(signal.reason as Error)
        })
        if (addr === a4) controller.abort(reason)
      })
    const reason = new Error('enough')
    expect(await rejection(dialParallel([a6, a4], 1, Infinity, controller.signal, one))).toBe(reason)
    expect(ended).toEqual([a6, a4])
  })
})

test('interleave() takes the families in turn, beginning with the first', () => {
  const addr = (a: string): TCPAddr => new TCPAddr(parseIP(a), 1)
  const order = (...addrs: string[]): string[] =>
    interleave(addrs.map(addr)).map((a) => a.toString().replace(/[[\]]|:1$/g, ''))
  expect(order('::1', '::2', '::3', '10.0.0.1')).toEqual(['::1', '10.0.0.1', '::2', '::3'])
  expect(order('10.0.0.1', '10.0.0.2', '::1', '::2')).toEqual(['10.0.0.1', '::1', '10.0.0.2', '::2'])
  expect(order('10.0.0.1', '10.0.0.2')).toEqual(['10.0.0.1', '10.0.0.2'])
  expect(order()).toEqual([])
})

test('dialParallel() lets no attempt go for being slow: the first may answer when all others have failed', async () => {
  const [conn, peer] = pipe()
  let answer: (c: Conn) => void = () => {}
  let failures = 0
  const one = (addr: Addr): Promise<Conn> => {
    if (addr === a6) return new Promise((resolve) => (answer = resolve))
    if (++failures === 3) setImmediate(() => answer(conn))
    return Promise.reject(new OpError('dial', 'tcp', null, addr, new Error('no')))
  }
  expect(await dialParallel([a6, a4, a4, a4], 1, Infinity, undefined, one)).toBe(conn)
  expect(failures).toBe(3)
  await Promise.all([conn.close(), peer.close()])
})

test('dialParallel() begins no attempt when the time is over', async () => {
  const begun: Addr[] = []
  const one = (addr: Addr, at: number): Promise<Conn> => {
    begun.push(addr)
    return new Promise((_resolve, reject) => {
      const e = new OpError('dial', 'tcp', null, addr, new Error('i/o timeout'))
      // A timer may fire a millisecond before its time by this clock.
      const look = (): unknown => (performance.now() < at ? setImmediate(look) : reject(e))
      look()
    })
  }
  const e = await rejection(dialParallel([a6, a4], 1e6, performance.now() + 10, undefined, one))
  expect(e.message).toBe('dial tcp [2001:db8::1]:1: i/o timeout')
  expect(e).not.toBeInstanceOf(DialError)
  expect(begun).toEqual([a6])
})

test.each([
  ['dialParallel', dialParallel.bind(null, [a6, a4], 1e6)],
  ['dialSerial', dialSerial.bind(null, [a6, a4])],
] as const)('%s() that is cancelled closes what arrives late', async (_name, dialAll) => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const [late, peer] = pipe()
  let answer: (c: Conn) => void = () => {}
  const one = (): Promise<Conn> => {
    setImmediate(() => controller.abort(reason))
    return new Promise((resolve) => (answer = resolve))
  }
  expect(await rejection(dialAll(Infinity, controller.signal, one))).toBe(reason)
  answer(late)
  expect(await peer.read(new Uint8Array(1))).toBe(null)
  await peer.close()
})

test('dialSerial() gives each address its share and stops when the time is over', async () => {
  const limits: number[] = []
  const error = new OpError('dial', 'tcp', null, a6, new Error('no'))
  const one = (_addr: Addr, at: number): Promise<Conn> => {
    limits.push(at)
    return Promise.reject(error)
  }
  const at = performance.now() + 30_000
  const e = await rejection(dialSerial([a6, a4, a4], at, undefined, one))
  expect(e.message).toBe(error.message)
  expect(e).toMatchObject({ errors: [error, error, error] })
  expect(limits).toHaveLength(3)
  expect(limits[0]).toBeLessThanOrEqual(at - 19_000)
  expect(limits[2]).toBe(at)
  limits.length = 0
  expect(await rejection(dialSerial([a6, a4], performance.now() - 1, undefined, one))).toBe(error)
  expect(limits).toHaveLength(1)
})

test('Net.dial() lets one deadline hold for the lookup too', async () => {
  const never: LookupGroup = {
    ...many([], 1),
    lookupIPAddr: (_host, options) =>
      new Promise((_resolve, reject) => {
        options?.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error))
      }),
  }
  const alive = setTimeout(() => {}, 60_000)
  const slow = new Net(defaultNet().target, { resolver: never })
  const e = await rejection(slow.dial('tcp', 'slow.example:1', { timeout: 20 }))
  expect(e.message).toBe('dial tcp: lookup slow.example: i/o timeout')
  expect(e).toMatchObject({ timeout: true })
  expect(e.cause).toBeInstanceOf(DNSError)
  const reason = new Error('enough')
  const controller = new AbortController()
  const dialled = rejection(slow.dial('tcp', 'slow.example:1', { signal: controller.signal }))
  controller.abort(reason)
  expect(await dialled).toBe(reason)
  clearTimeout(alive)
})
