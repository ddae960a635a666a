import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ErrClosed, isErr, type IOOptions, type TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks, lostBuffer } from '@net/io'
import { listenTCPSync, posix, socketPair } from '../src/index.ts'
import { poller } from '../src/poll/poller.ts'
import { MESSAGE } from '../src/poll/turn_calls.ts'
import { Connected, loopback, pattern, readAll } from './connected.ts'
import { noRing } from './ring.ts'

let check: () => Promise<void>

beforeAll(async () => {
  await listenTCPSync('tcp', null).close()
  check = ledger(keepLeaks())
})

const listener = listenTCPSync('tcp', loopback)

afterAll(async () => {
  await listener.close()
  await check()
})

afterEach(() => {
  posix({ engine: 'auto' })
})

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What comes from a server that does `answer` when it has read a message, while writes go together, until its end. */
async function answered(answer: (s: TCPConn) => unknown): Promise<string> {
  posix({ engine: 'io_uring' })
  await using pair = await Connected.dial()
  const { c, s } = pair
  const serve = async (): Promise<void> => {
    await s.read(new Uint8Array(8))
    expect(poller().turn.sends).toBe(true)
    await answer(s)
    await s.closeWrite().catch(() => {}) // it may be closed
  }
  const served = serve()
  await c.write(bytes('question'))
  const [answers] = await Promise.all([readAll(c), served])
  return answers.toString('latin1')
}

describe.skipIf(noRing !== '')(`writes that go together ${noRing}`, () => {
  test('go when the microtasks have run', async () => {
    const answers = await answered(async (s) => {
      const writing = s.write(bytes('answer'))
      await Promise.resolve()
      expect(poller().turn.sends).toBe(true)
      expect(await writing).toBe(6)
    })
    expect(answers).toBe('answer')
  })

  test('keep their order, also with those that do not go together', async () => {
    const long = 'x'.repeat(MESSAGE + 1)
    const answers = await answered((s) =>
      Promise.all([
        s.write(bytes('1')),
        s.write(bytes('2')),
        s.write(new Uint8Array()),
        s.write(bytes(long)),
        s.writev([bytes('3'), bytes('4')]),
        s.write(bytes('5')),
      ]),
    )
    expect(answers).toBe(`12${long}345`)
  })

  test.each<[string, (s: TCPConn) => unknown]>([
    ['closeWrite()', (s) => s.closeWrite()],
    ['close()', (s) => s.close()],
    ['Symbol.asyncDispose', (s) => s[Symbol.asyncDispose]()],
  ])('go before %s of their connection', async (_, end) => {
    const answers = await answered(async (s) => {
      const writing = s.write(bytes('answer'))
      await end(s)
      expect(await writing).toBe(6)
    })
    expect(answers).toBe('answer')
  })

  test('go before what a program does with the descriptor', async () => {
    const answers = await answered(async (s) => {
      const first = s.write(bytes('1'))
      const file = await s.file()
      const other = (await posix().fileConn(file)) as TCPConn
      const second = s.write(bytes('2'))
      await other.write(bytes('3'))
      expect(await Promise.all([first, second])).toEqual([1, 1])
      await Promise.all([other.close(), file.close()])
    })
    expect(answers).toBe('123')
  })

  test('are not made any more when a signal has ended them, and those behind them are', async () => {
    const answers = await answered(async (s) => {
      const abort = new AbortController()
      const first = s.write(bytes('1'), { signal: abort.signal })
      const second = s.write(bytes('2'))
      abort.abort(new Error('not this one'))
      await expect(first).rejects.toThrow('not this one')
      expect(await second).toBe(1)
    })
    expect(answers).toBe('2')
  })

  test('fail when their buffer was transferred meanwhile', async () => {
    const answers = await answered(async (s) => {
      const p = bytes('lost')
      const first = s.write(p)
      structuredClone(p, { transfer: [p.buffer as ArrayBuffer] })
      const second = s.write(bytes('kept'))
      await expect(first).rejects.toThrow('the buffer was transferred')
      expect(await second).toBe(4)
    })
    expect(answers).toBe('kept')
  })

  test('fail with the error of a write', async () => {
    posix({ engine: 'io_uring' })
    const [a, b] = socketPair()
    const reading = b.read(new Uint8Array(1))
    await a.write(bytes('1'))
    await reading
    await a.close()
    await expect(b.write(bytes('2'))).rejects.toThrow('broken pipe')
    await b.close()
    await expect(b.write(bytes('3'))).rejects.toSatisfy((e) => isErr(e, ErrClosed))
  })

  test('wait for room like others', async () => {
    posix({ engine: 'io_uring' })
    await using pair = await Connected.dial()
    const { c, s } = pair
    s.setWriteBuffer(1)
    const sent = pattern(1 << 20)
    const write = async (): Promise<void> => {
      for (let at = 0; at < sent.byteLength; at += 1024) {
        await s.read(new Uint8Array(1)) // so that the write comes while they go together
        expect(await s.write(sent.subarray(at, at + 1024))).toBe(1024)
      }
      await s.closeWrite()
    }
    const ask = async (): Promise<void> => {
      for (let i = 0; i < sent.byteLength / 1024; i++) await c.write(bytes('?'))
    }
    const [answers] = await Promise.all([readAll(c), write(), ask()])
    expect(answers.equals(sent)).toBe(true)
  })

  test('go when the program ends', async () => {
    const program = `
import { parseIP, TCPAddr } from '@net/addr'
import { posix } from '@net/posix'
const conn = await posix({ engine: 'io_uring' }).dialTCP('tcp', null, new TCPAddr(parseIP('127.0.0.1'), ${String(listener.addr.port)}))
await conn.read(new Uint8Array(1))
void conn.write(new TextEncoder().encode('goodbye'))
process.exit()
`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const exit = once(child, 'exit')
    const conn = await listener.accept()
    await conn.write(bytes('?'))
    expect((await readAll(conn)).toString()).toBe('goodbye')
    expect(await exit).toEqual([0, null])
    await conn.close()
  })
})

/**
 * What a read of `p` gives whose data is there, after `act` was called within the same look, when the read was about to be made; and
 * what the next read of its connection gives.
 */
async function lookedAt(p: Uint8Array, options: IOOptions, act: () => void): Promise<unknown[]> {
  posix({ engine: 'io_uring' })
  await using first = await Connected.dial()
  await using second = await Connected.dial()
  const reading = second.s.read(p, options).catch((e: unknown) => (e as Error).message)
  let calls = 0
  const raw = first.s.syscallConn().read(() => {
    if (++calls === 2) act() // the first call finds nothing
    return calls === 2
  })
  await turn()
  // Events come in the order in which their sockets became ready.
  await Promise.all([second.c.write(bytes('2')), first.c.write(bytes('1'))])
  await raw
  const next = new Uint8Array(8)
  return [await reading, await second.s.read(next), next[0]]
}

describe.skipIf(noRing !== '')(`what comes while a program looks at a descriptor itself ${noRing}`, () => {
  test('is not lost when a signal has ended its read', async () => {
    const abort = new AbortController()
    const given = await lookedAt(new Uint8Array(8), { signal: abort.signal }, () => {
      abort.abort(new Error('not now'))
    })
    expect(given).toEqual(['not now', 1, 0x32])
  })

  test('is not lost when the buffer of its read was transferred', async () => {
    const p = new Uint8Array(8)
    const given = await lookedAt(p, {}, () => {
      structuredClone(p, { transfer: [p.buffer] })
    })
    expect(given).toEqual([lostBuffer().message, 1, 0x32])
  })
})

test('a socket of packets never loses the end of one that is longer than what goes together', async () => {
  posix(noRing === '' ? { engine: 'io_uring' } : {})
  const [a, b] = socketPair('unixpacket')
  const sent = pattern(3 * MESSAGE)
  const p = new Uint8Array(4 * MESSAGE)
  const reading = b.read(p)
  await a.write(sent)
  expect(await reading).toBe(sent.byteLength)
  expect(Buffer.compare(p.subarray(0, sent.byteLength), sent)).toBe(0)
  await Promise.all([a.close(), b.close()])
})

test('posix() refuses what is no engine', () => {
  expect(() => posix({ engine: 'kqueue' as 'epoll' })).toThrow(
    /^engine must be one of auto, epoll, io_uring$/,
  )
})

/** Lets so many connections have a byte to read in one turn. Gives whether writes went together then. */
async function together(count: number): Promise<boolean> {
  const pairs = Array.from({ length: count }, () => socketPair())
  let sends = false
  const reads = pairs.map(async ([, b]) => {
    await b.read(new Uint8Array(1))
    sends ||= poller().turn.sends
  })
  for (const [a] of pairs) void a.write(bytes('1'))
  await Promise.all(reads)
  await Promise.all(pairs.flatMap(([a, b]) => [a.close(), b.close()]))
  return sends
}

test.skipIf(noRing !== '')(
  `an engine is chosen by the number of connections that have something to do ${noRing}`,
  async () => {
    expect([await together(1), await together(32)]).toEqual([false, true])
    posix({ engine: 'epoll' })
    expect(await together(32)).toBe(false)
  },
)
