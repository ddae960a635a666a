import { afterAll, describe, expect, test } from 'vitest'
import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
import { encodedMessage, ORDWR, type OpenFile, Rclunk, serve9P, type Tree, type TreeNode } from '@net/9p'
import { DNSError, OpError, type Conn, type Target } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { posix } from '@net/posix'
import { importNet, plan9 } from '../src/index.ts'

// A server of /net that does not answer, and one whose answers never end: what a caller sets as limit must end both.

const kernel = posix()
const loopback = new TCPAddr(parseIP('127.0.0.1'), 0)
await (await kernel.listenTCP('tcp', null)).close() // opens what lives as long as the process
const check = ledger(keepLeaks())
afterAll(() => check())

async function link(): Promise<[near: Conn, far: Conn]> {
  await using listener = await kernel.listenTCP('tcp', loopback)
  return await Promise.all([kernel.dialTCP('tcp', null, listener.addr), listener.accept()])
}

const stat = {
  type: 0,
  dev: 0,
  mode: 0o666,
  atime: 0,
  mtime: 0,
  length: 0n,
  name: 'x',
  uid: 'x',
  gid: 'x',
  muid: 'x',
}

/** A tree in which every name leads to a file that does as `file` says, after `open`. */
class EndlessTree implements Tree {
  readonly #open: () => Promise<void>

  constructor(open: () => Promise<void>) {
    this.#open = open
  }

  attach(): TreeNode {
    return this.#node(0x80)
  }

  #node(type: number): TreeNode {
    const qid = { type, version: 0, path: BigInt(type) }
    const node: TreeNode = {
      qid,
      walk: () => this.#node(0),
      open: async (mode) => {
        expect(mode & 3).toBeLessThanOrEqual(ORDWR)
        await this.#open()
        return file
      },
      stat: () => ({ ...stat, qid }),
    }
    const line = new TextEncoder().encode('/net/tcp/clone 127.0.0.1!9\n')
    const file: OpenFile = {
      node,
      read(p) {
        p.set(line.subarray(0, p.byteLength))
        return Math.min(line.byteLength, p.byteLength)
      },
      write: (p) => p.byteLength,
    }
    return node
  }
}

// A dial reads one answer of cs, and finds the next file to be none of Plan 9's where every read is answered.
// So its signal has to come before a turn of the loop is over.
const servers: [
  what: string,
  open: () => Promise<void>,
  time: number,
  said: string,
  soon: (f: () => void) => void,
][] = [
  ['does not answer an open', () => new Promise(() => {}), 20, 'i/o timeout', setImmediate],
  [
    'answers every read, for ever',
    () => Promise.resolve(),
    60_000,
    'tcp/clone gives no number of a conversation',
    queueMicrotask,
  ],
]

async function through(open: () => Promise<void>, work: (target: Target) => Promise<void>): Promise<void> {
  const [near, far] = await link()
  const session = serve9P(far, new EndlessTree(open))
  const net = await importNet(near)
  await work(plan9({ net }))
  await net.close()
  await session.close()
}

const lookups: [name: string, call: (t: Target, limits: object) => Promise<unknown>][] = [
  ['lookupHost', (t, limits) => t.lookupHost('a.example', limits)],
  ['lookupIP', (t, limits) => t.lookupIP('ip', 'a.example', limits)],
  ['lookupIPAddr', (t, limits) => t.lookupIPAddr('a.example', limits)],
  ['lookupPort', (t, limits) => t.lookupPort('ip', 'http', limits)],
  ['lookupCNAME', (t, limits) => t.lookupCNAME('a.example', limits)],
  ['lookupSRV', (t, limits) => t.lookupSRV('sip', 'udp', 'a.example', limits)],
  ['lookupMX', (t, limits) => t.lookupMX('a.example', limits)],
  ['lookupNS', (t, limits) => t.lookupNS('a.example', limits)],
  ['lookupTXT', (t, limits) => t.lookupTXT('a.example', limits)],
  ['lookupAddr', (t, limits) => t.lookupAddr('192.0.2.1', limits)],
  ['lookupProtocol', (t, limits) => t.lookupProtocol('icmp', limits)],
]

describe.each(servers)('over a server that %s', (_what, open, time, said, soon) => {
  test('every lookup ends by its signal, with the reason', async () => {
    await through(open, async (target) => {
      for (const [name, call] of lookups) {
        const controller = new AbortController()
        const looking = call(target, { signal: controller.signal })
        setImmediate(() => controller.abort(name))
        await expect(looking).rejects.toBe(name)
      }
    })
  })

  test('every lookup ends by its deadline, with a DNSError', async () => {
    await through(open, async (target) => {
      const calls = lookups.map(([, call]) => call(target, { deadline: Date.now() + 20 }))
      for (const { reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[]) {
        expect(reason).toBeInstanceOf(DNSError)
        expect((reason as DNSError).isTimeout).toBe(true)
      }
    })
  })

  test('dial and listen end by signal, a dial also by itself', async () => {
    await through(open, async (target) => {
      const udp = new UDPAddr(loopback.ip, 9)
      for (const call of [
        (o: object) => target.dialTCP('tcp', null, new TCPAddr(loopback.ip, 9), o),
        (o: object) => target.dialUDP('udp', null, udp, o),
        (o: object) => target.listenTCP('tcp', loopback, o),
        (o: object) => target.listenUDP('udp', udp, o),
      ]) {
        const controller = new AbortController()
        const calling = call({ signal: controller.signal })
        soon(() => controller.abort('enough'))
        await expect(calling).rejects.toBe('enough')
      }
      const late = await target
        .dialTCP('tcp', null, new TCPAddr(loopback.ip, 9), { deadline: Date.now() + time })
        .catch((e: unknown) => e)
      expect(late).toBeInstanceOf(OpError)
      expect((late as OpError).message).toBe(`dial tcp 127.0.0.1:9: ${said}`)
    })
  })
})

test('a lookup of answers without end is given up, though nobody limits it', async () => {
  await through(
    () => Promise.resolve(),
    async (target) => {
      await expect(target.lookupTXT('a.example')).rejects.toThrow('lookup a.example: dns answers without end')
    },
  )
})

test('importNet() over a silent server ends by its signal, and closes the connection', async () => {
  const [near, far] = await link()
  const controller = new AbortController()
  const importing = importNet(near, { signal: controller.signal })
  const p = new Uint8Array(64)
  expect(await far.read(p)).toBeGreaterThan(0) // Tversion
  controller.abort('enough')
  await expect(importing).rejects.toBe('enough')
  expect(await far.read(p)).toBeNull()
  await far.close()
})

test('importNet() over a server that sends replies to nothing ends by its signal', async () => {
  const [near, far] = await link()
  const chatter = encodedMessage({ type: Rclunk, tag: 7 })
  const chattering = (async () => {
    for (;;) await far.write(chatter)
  })().catch((e: unknown) => e)
  const controller = new AbortController()
  const importing = importNet(near, { signal: controller.signal })
  setImmediate(() => controller.abort('enough'))
  await expect(importing).rejects.toBe('enough')
  expect(await chattering).toBeInstanceOf(OpError)
  await far.close()
})
