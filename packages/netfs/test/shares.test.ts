import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client, ORDWR, RemoteFile } from '@net/9p'
import { parseIP, TCPAddr } from '@net/addr'
import type { Conn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Peers } from '../src/account/peer.ts'
import { fullLimits } from '../src/account/limits.ts'
import { maxDescriptors } from '../src/account/descriptors.ts'
import { Supply } from '../src/account/supply.ts'
import { exportNet, type ExportOptions, type NetExport, tlsToExport, tlsListener } from '../src/index.ts'
import { clone, echo, exported, failure, loopback, read, session, target, write } from './nets.ts'

let check: () => Promise<void>
beforeAll(async () => {
  await (await echo())[Symbol.asyncDispose]()
  check = ledger(keepLeaks())
})
afterAll(() => check())

describe('Supply', () => {
  test('gives one peer half, two a third each, and always something to who has nothing', () => {
    const supply = new Supply(64)
    const takeAll = (): number => {
      const portion = supply.portion(false)
      while (portion.has(1)) portion.take(1)
      return portion.used
    }
    expect([takeAll(), takeAll(), takeAll(), takeAll()]).toEqual([32, 16, 8, 4])
    const one = new Supply(1).portion(false)
    expect(one.has(1)).toBe(true)
  })

  test('lets two that take in turns have a third each', () => {
    const supply = new Supply(64)
    const [a, b] = [supply.portion(false), supply.portion(false)]
    for (let more = true; more;) {
      more = false
      for (const portion of [a, b]) {
        if (!portion.has(1)) continue
        portion.take(1)
        more = true
      }
    }
    expect([a.used, b.used, supply.left]).toEqual([22, 21, 21])
  })

  test('gives a sole peer everything', () => {
    const portion = new Supply(3).portion(true)
    while (portion.has(1)) portion.take(1)
    expect(portion.used).toBe(3)
  })

  test('has again what is given back', () => {
    const portion = new Supply(10).portion(false)
    portion.take(5)
    expect(portion.has(1)).toBe(false)
    portion.take(-2)
    expect(portion.has(1)).toBe(true)
  })
})

describe('fullLimits()', () => {
  test('leaves the program half of its descriptors', () => {
    const { sessions, totalConversations } = fullLimits()
    expect(sessions + totalConversations).toBeLessThanOrEqual(maxDescriptors() / 2)
    expect(sessions).toBeLessThanOrEqual(64)
  })

  test('takes what is said', () => {
    expect(fullLimits({ sessions: 5000, totalConversations: 100_000, memory: 7, idleTime: 8 })).toMatchObject(
      {
        sessions: 5000,
        totalConversations: 100_000,
        memory: 7,
        idleTime: 8,
      },
    )
  })
})

describe('Peers', () => {
  test('forgets a peer without sessions, whose name is a new one then', () => {
    const peers = new Peers(fullLimits())
    const a = peers.named('a')
    a.sessions.take(1)
    peers.named('b')
    expect(peers.named('a')).toBe(a)
    a.sessions.take(-1)
    peers.named('c')
    expect(peers.named('a')).not.toBe(a)
  })
})

/** An export on TCP, where peers are addresses. */
async function onTCP(options: ExportOptions): Promise<
  AsyncDisposable & {
    net: NetExport
    connect(from: string): Promise<Conn>
    dial(from: string): Promise<Client>
  }
> {
  const listener = await target.listenTCP('tcp4', new TCPAddr(loopback, 0))
  const net = exportNet(target, listener, options)
  const connect = (from: string): Promise<Conn> =>
    target.dialTCP('tcp4', new TCPAddr(parseIP(from), 0), listener.addr)
  return {
    net,
    connect,
    dial: async (from) => Client.connect(await connect(from)),
    [Symbol.asyncDispose]: () => net.close(),
  }
}

// All of 127.0.0.0/8 is this machine only on linux.
describe.skipIf(process.platform !== 'linux')('one peer of an export', () => {
  test('does not get all sessions', async () => {
    await using out = await onTCP({ limits: { sessions: 4 } })
    const clients: Client[] = []
    for (let i = 0; i < 2; i++) {
      const client = await out.dial('127.0.0.2')
      await client.attach()
      clients.push(client)
    }
    expect(await failure(out.dial('127.0.0.2'))).not.toMatch(/^no error/)
    expect(out.net.activity).toMatchObject({ sessions: 2, refusedSessions: 1 })
    const other = await out.dial('127.0.0.3')
    await other.attach()
    expect(await failure(out.dial('127.0.0.3'))).not.toMatch(/^no error/)
    clients.push(other)
    await Promise.all(clients.map((client) => client.close()))
  })

  test('does not get all conversations', async () => {
    await using out = await onTCP({ limits: { totalConversations: 8 } })
    await using a = await session(await out.dial('127.0.0.2'))
    await using a2 = await session(await out.dial('127.0.0.2'))
    await using b = await session(await out.dial('127.0.0.3'))
    for (let i = 0; i < 4; i++) await clone(i % 2 === 0 ? a : a2, i < 2 ? 'tcp' : 'udp')
    expect(await failure(clone(a, 'tcp'))).toBe('no free devices')
    expect(await failure(clone(a2, 'udp'))).toBe('no free devices')
    const { ctl } = await clone(b, 'tcp')
    await clone(b, 'tcp')
    expect(await failure(clone(b, 'tcp'))).toBe('no free devices')
    await ctl.close()
    await clone(b, 'tcp')
  })

  test('does not get all memory', async () => {
    await using out = await onTCP({ limits: { memory: 1 << 20 } })
    await using a = await out.dial('127.0.0.2')
    await using b = await out.dial('127.0.0.3')
    const logs = [
      await RemoteFile.open(await a.attach(), 'log'),
      await RemoteFile.open(await b.attach(), 'log'),
    ]
    const end = new AbortController()
    const reads = logs.map((log) =>
      Array.from({ length: 20 }, () =>
        failure(log.readAt(new Uint8Array(65_000), 0, { signal: end.signal })),
      ),
    )
    // A stat is answered, or refused as well, when the reads before it have been.
    await Promise.all(logs.map((log) => failure(log.stat())))
    end.abort(new Error('ended'))
    const kept = await Promise.all(
      reads.map(async (list) => {
        const texts = await Promise.all(list)
        expect(new Set(texts)).toEqual(new Set(['ended', 'too many bytes in flight']))
        return texts.filter((text) => text === 'ended').length
      }),
    )
    // Of the 1 MiB, 67,648 bytes each: nobody has more than half and the last one, and who is late has
    // something.
    expect(Math.max(...kept)).toBeLessThanOrEqual(8)
    expect(Math.min(...kept)).toBeGreaterThanOrEqual(3)
    expect((await logs[0]?.stat())?.name).toBe('log')
  })

  test('may leave without attaching only so often, while others come', async () => {
    await using out = await onTCP({ limits: { arrivals: 3, attachTime: 1e9 } })
    for (let i = 0; i < 5; i++) {
      const client = await out.dial('127.0.0.2')
      await client.attach()
      await client.close()
    }
    for (let i = 0; i < 3; i++) await (await out.dial('127.0.0.2')).close()
    expect(out.net.activity.refusedSessions).toBe(0)
    expect(await failure(out.dial('127.0.0.2'))).toMatch(/^9P session ended: /)
    expect(out.net.activity.refusedSessions).toBe(1)
    await using other = await out.dial('127.0.0.3')
    await other.attach()
  })

  test('makes room for itself by its sessions that have not attached, not by those of others', async () => {
    await using out = await onTCP({ limits: { sessions: 4 } })
    const silent = [await out.connect('127.0.0.2'), await out.connect('127.0.0.3')]
    const clients: Client[] = []
    for (let i = 0; i < 2; i++) {
      const client = await out.dial('127.0.0.2')
      await client.attach()
      clients.push(client)
    }
    expect(await silent[0]?.read(new Uint8Array(1))).toBe(null)
    await using late = await Client.connect(silent[1] ?? (await out.connect('127.0.0.3')))
    await late.attach()
    await Promise.all([...clients.map((client) => client.close()), silent[0]?.close()])
  })
})

/** The export of few_descriptors.mjs, in a process of its own that may have 300 descriptors. */
async function inSmallProcess(): Promise<
  AsyncDisposable & { readonly port: number; ask(): Promise<unknown> }
> {
  const script = fileURLToPath(new URL('./few_descriptors.mjs', import.meta.url))
  const limited = ['-c', 'ulimit -n 300 && exec "$0" "$1"', process.execPath, script]
  const child = spawn('sh', limited, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ended = once(child, 'exit')
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    port,
    async ask() {
      child.send('own')
      const [message] = (await once(child, 'message')) as [unknown]
      return message
    },
    async [Symbol.asyncDispose]() {
      child.disconnect()
      expect(await ended).toEqual([0, null])
    },
  }
}

// The limit of descriptors is known, and all of 127.0.0.0/8 is this machine, only on linux.
test.skipIf(process.platform !== 'linux')(
  'of 300 descriptors a peer that hoards leaves others and the program what they need',
  async () => {
    await using out = await inSmallProcess()
    const dial = async (from: string): Promise<Client> => {
      const raddr = new TCPAddr(loopback, out.port)
      return Client.connect(await target.dialTCP('tcp4', new TCPAddr(parseIP(from), 0), raddr))
    }
    const hoard: Client[] = []
    const refused: string[] = []
    while (refused.length < 20) {
      const client = await dial('127.0.0.2').catch(() => null)
      if (client === null) {
        refused.push('no session')
        continue
      }
      const root = await client.attach().catch(() => null)
      if (root === null) {
        refused.push('no session')
        await client.close()
        continue
      }
      hoard.push(client)
      for (let text = ''; text === '';) {
        text = await RemoteFile.open(root, 'tcp/clone', ORDWR).then(
          (ctl) =>
            failure(ctl.write(Buffer.from('announce 127.0.0.1!0'))).then((said) =>
              said.replace(/^no error.*/, ''),
            ),
          (e: unknown) => (e as Error).message,
        )
        if (text !== '') refused.push(text)
      }
    }
    expect(new Set(refused)).toEqual(new Set(['no free devices', 'no session']))

    await using server = await echo()
    await using honest = await session(await dial('127.0.0.3'))
    const { ctl, dir } = await clone(honest, 'tcp')
    await write(ctl, `connect 127.0.0.1!${server.port}`)
    const data = await honest.open(`${dir}/data`)
    await write(data, 'hello')
    expect(await read(data)).toBe('echo:hello')
    expect(await out.ask()).toMatchObject({ own: 'done', sessions: hoard.length + 1 })
    await Promise.all(hoard.map((client) => client.close()))
  },
)

describe('a session that is idle', () => {
  test('makes room for the next, unless it has a conversation or a request', async () => {
    await using out = await exported({ limits: { sessions: 5, idleTime: 1 } })
    const [talks, waits, idle] = [await out.dial(), await out.dial(), await out.dial()]
    await using conversing = await session(talks)
    await clone(conversing, 'tcp')
    const log = await RemoteFile.open(await waits.attach(), 'log')
    const waiting = failure(log.readAt(new Uint8Array(1), 0))
    await idle.attach()
    const past = performance.now() + 2
    while (performance.now() < past) await new Promise((resolve) => setImmediate(resolve))
    await using next = await out.dial()
    await next.attach()
    await idle.done
    expect(out.net.activity).toMatchObject({ sessions: 3, refusedSessions: 1 })
    await waits.close()
    expect(await waiting).toBe('9P session closed')
  })

  test('lasts while nobody needs its place', async () => {
    await using out = await exported({ limits: { idleTime: 1 } })
    await using idle = await out.dial()
    const root = await idle.attach()
    const past = performance.now() + 2
    while (performance.now() < past) await new Promise((resolve) => setImmediate(resolve))
    await using next = await out.dial()
    await next.attach()
    expect((await root.stat()).name).toBe('/')
  })
})

test('peers with pre-shared keys are their names, whatever their address', async () => {
  const keys = { one: new Uint8Array(16).fill(1), two: new Uint8Array(16).fill(2) }
  const plain = await target.listenTCP('tcp4', new TCPAddr(loopback, 0))
  const listener = tlsListener(plain, { keys })
  const out = exportNet(target, listener, { limits: { sessions: 2 } })
  const dial = async (identity: 'one' | 'two'): Promise<Client> => {
    const conn = await target.dialTCP('tcp4', null, plain.addr)
    const client = await Client.connect(await tlsToExport(conn, { identity, key: keys[identity] }))
    await client.attach()
    return client
  }
  await using one = await dial('one')
  expect(await failure(dial('one'))).not.toMatch(/^no error/)
  await using two = await dial('two')
  expect([one.fids, two.fids]).toEqual([1, 1])
  await Promise.all([one.close(), two.close()])
  await out.close()
})
