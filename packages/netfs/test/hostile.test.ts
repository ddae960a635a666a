import {
  Client,
  encodedMessage,
  type Message9P,
  NOFID,
  NOTAG,
  Tattach,
  Tclunk,
  Tflush,
  Topen,
  Tread,
  Tremove,
  Tstat,
  Tversion,
  Twalk,
  Twrite,
} from '@net/9p'
import { UDPAddr } from '@net/addr'
import type { Conn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clone, echo, type Exported, exported, loopback, read, session, target, write } from './nets.ts'

let check: () => Promise<void>
let out: Exported
let peer: Awaited<ReturnType<typeof echo>>
beforeAll(async () => {
  await (await echo())[Symbol.asyncDispose]()
  await (await target.listenUDP('udp4', new UDPAddr(loopback, 0))).close()
  check = ledger(keepLeaks())
  // What a hostile client may reach is this machine's loopback alone: tests talk to nobody else.
  const rules = [{ action: 'allow', address: 'loopback' }] as const
  // Sessions that are cut before they attach come as often as a test likes.
  out = await exported({
    policy: { rules, otherwise: 'deny' },
    limits: { arrivals: 1e6, conversations: 16, requests: 64, bytes: 1 << 20 },
  })
  peer = await echo()
})
afterAll(async () => {
  await out[Symbol.asyncDispose]()
  await peer[Symbol.asyncDispose]()
  await check()
})

const fid = fc.integer({ min: 0, max: 12 })
const tag = fc.integer({ min: 1, max: 40 })
const names = fc.constantFrom(
  'tcp',
  'udp',
  'clone',
  '0',
  '1',
  '2',
  'ctl',
  'data',
  'listen',
  'err',
  'status',
  'local',
  'ndb',
  'cs',
  'log',
  'ipifc',
  'stats',
  '..',
  '.',
  'no',
  '9999',
  '__proto__',
)
const paths = fc.oneof(
  fc.array(names, { maxLength: 6 }),
  fc.tuple(
    fc.constantFrom('tcp', 'udp'),
    fc.constantFrom('0', '1', '2'),
    fc.constantFrom('ctl', 'data', 'listen', 'err'),
  ),
  fc.constantFrom(['tcp', 'clone'], ['udp', 'clone'], ['cs'], ['ndb']),
)
const addresses = fc.constantFrom(
  '127.0.0.1!PORT',
  '127.0.0.1!9',
  '*!0',
  '0',
  '::1!0',
  '127.0.0.1!0',
  '0.0.0.0!PORT',
  '192.0.2.1!80',
  '10.0.0.1!1',
  '!',
  '127.1!PORT!r',
  '224.0.0.1!5',
  'x'.repeat(300),
  '\u0000',
  '127.0.0.1!99999999999',
)
const verbs = fc.constantFrom(
  'connect',
  'announce',
  'bind',
  'hangup',
  'keepalive',
  'ttl',
  'tos',
  'headers',
  'addmulti',
  'remmulti',
  'ignoreadvice',
  'checksum',
  'close',
  '__proto__',
  "'",
)
const controls = fc.oneof(
  fc.tuple(verbs, addresses).map(([verb, a]) => `${verb} ${a}`),
  fc.tuple(verbs, addresses, addresses).map((w) => w.join(' ')),
  verbs,
  fc.constantFrom('tcp!localhost!80', '!dom=x', 'tcp!127.0.0.1!80', '!ipinfo ip', 'net!a!b!c!d'),
  fc.string({ maxLength: 80 }),
)
const data = fc.oneof(
  controls.map((text) => Buffer.from(text.replaceAll('PORT', String(peerPort())))),
  fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b)),
)
const offset = fc.constantFrom(0n, 1n, 1000n, 0xffffffffffffffffn)

function peerPort(): number {
  return peer.port
}

const requests: fc.Arbitrary<Message9P> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant(Twalk),
      tag,
      fid: fc.constantFrom(0, 0, 0, 1, 2),
      newfid: fid,
      wname: paths,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant(Topen),
      tag,
      fid,
      mode: fc.constantFrom(2, 2, 2, 0, 1, 3, 0x10, 0x12, 0x42),
    }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant(Twrite), tag, fid, offset, data }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant(Tread),
      tag,
      fid,
      offset,
      count: fc.constantFrom(0, 1, 51, 52, 8192, 0xffffffff),
    }),
  },
  fc.record({ type: fc.constant(Tclunk), tag, fid: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ type: fc.constant(Tremove), tag, fid: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ type: fc.constant(Tflush), tag, oldtag: tag }),
  fc.record({ type: fc.constant(Tstat), tag, fid }),
  fc.record({
    type: fc.constant(Tattach),
    tag,
    fid,
    afid: fc.constant(NOFID),
    uname: fc.string(),
    aname: fc.string(),
  }),
)

const noise = fc.oneof(
  { weight: 20, arbitrary: requests.map((m) => Buffer.from(encodedMessage(m))) },
  {
    weight: 1,
    arbitrary: fc.constant(
      Buffer.from(encodedMessage({ type: Tversion, tag: NOTAG, msize: 8192, version: '9P2000' })),
    ),
  },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 40 }).map((b) => Buffer.from(b)) },
)

const opening = [
  { type: Tversion, tag: NOTAG, msize: 65536, version: '9P2000' },
  { type: Tattach, tag: 0, fid: 0, afid: NOFID, uname: 'mallory', aname: '' },
] as const

// Reads whatever comes until the end.
async function drain(conn: Conn): Promise<void> {
  const p = new Uint8Array(65536)
  try {
    while ((await conn.read(p)) !== null);
  } catch {
    // Cut: that is how it ends.
  }
}

async function expectService(): Promise<void> {
  await using net = await session(await out.dial())
  const { ctl, dir } = await clone(net, 'tcp')
  await write(ctl, `connect 127.0.0.1!${peer.port}`)
  const file = await net.open(`${dir}/data`)
  await write(file, 'still here')
  expect(await read(file)).toBe('echo:still here')
}

async function expectNothingLeft(sessions: number): Promise<void> {
  while (out.net.activity.sessions > sessions) await new Promise((resolve) => setImmediate(resolve))
  if (sessions === 0) expect(out.net.activity.conversations).toBe(0)
}

describe('a hostile client', () => {
  test('can send what it likes: another session is served, and nothing is left of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(noise, { minLength: 1, maxLength: 60 }),
        fc.boolean(),
        async (frames, together) => {
          const conn = await out.connect()
          const draining = drain(conn)
          try {
            const all = [...opening.map((m) => Buffer.from(encodedMessage(m))), ...frames]
            if (together) await conn.write(Buffer.concat(all))
            else for (const frame of all) await conn.write(frame)
          } catch {
            // The server has hung up on it.
          }
          await expectService()
          await conn.close()
          await draining
          await expectNothingLeft(0)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('that reads no replies is not read from, and holds up nobody', async () => {
    const conn = await out.connect()
    for (const m of opening) await conn.write(encodedMessage(m))
    await conn.write(encodedMessage({ type: Twalk, tag: 1, fid: 0, newfid: 1, wname: ['iproute'] }))
    await conn.write(encodedMessage({ type: Topen, tag: 1, fid: 1, mode: 0 }))
    const reads = Buffer.concat(
      Array.from({ length: 1000 }, (_, i) =>
        Buffer.from(encodedMessage({ type: Tread, tag: i % 60, fid: 1, offset: 0n, count: 8192 })),
      ),
    )
    const abort = new AbortController()
    let stuck = false
    const flooding = (async () => {
      while (!abort.signal.aborted) {
        stuck = true
        await conn.write(reads, { signal: abort.signal })
        stuck = false
      }
    })().catch(() => {})
    for (let i = 0; i < 20; i++) await expectService()
    expect(stuck).toBe(true)
    abort.abort()
    await flooding
    await conn.close()
    await expectNothingLeft(0)
  })

  test('cut at any byte leaves nothing behind', async () => {
    const script: Message9P[] = [
      ...opening,
      { type: Twalk, tag: 1, fid: 0, newfid: 1, wname: ['tcp', 'clone'] },
      { type: Topen, tag: 1, fid: 1, mode: 2 },
      { type: Twrite, tag: 1, fid: 1, offset: 0n, data: Buffer.from(`connect 127.0.0.1!${peer.port}`) },
      { type: Twalk, tag: 2, fid: 0, newfid: 2, wname: ['tcp', 'clone'] },
      { type: Topen, tag: 2, fid: 2, mode: 2 },
      { type: Twrite, tag: 2, fid: 2, offset: 0n, data: Buffer.from('announce 127.0.0.1!0') },
      { type: Twalk, tag: 3, fid: 0, newfid: 3, wname: ['tcp', '1', 'listen'] },
      { type: Topen, tag: 3, fid: 3, mode: 2 },
      { type: Twalk, tag: 4, fid: 0, newfid: 4, wname: ['tcp', '0', 'data'] },
      { type: Topen, tag: 4, fid: 4, mode: 2 },
      { type: Tread, tag: 5, fid: 4, offset: 0n, count: 100 },
      { type: Tclunk, tag: 6, fid: 4 },
    ]
    const bytes = Buffer.concat(script.map((m) => Buffer.from(encodedMessage(m))))
    for (let at = 0; at <= bytes.length; at++) {
      const conn = await out.connect()
      await conn.write(bytes.subarray(0, at))
      await conn.close()
    }
    await expectNothingLeft(0)
    await expectService()
  })

  test('cut in the middle of a session that works leaves nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 12 }), async (steps) => {
        const client = await out.dial()
        const net = await session(client)
        let turns = 0
        const working = (async () => {
          const announced = await clone(net, 'tcp')
          await write(announced.ctl, 'announce 127.0.0.1!0')
          void net.open(`${announced.dir}/listen`).catch(() => {})
          for (;;) {
            const { ctl, dir } = await clone(net, turns++ % 2 === 0 ? 'tcp' : 'udp')
            await write(ctl, `connect 127.0.0.1!${peer.port}`)
            const file = await net.open(`${dir}/data`)
            await write(file, 'x')
            await ctl.close()
          }
        })().catch(() => {})
        for (let i = 0; i < steps; i++) await new Promise((resolve) => setImmediate(resolve))
        await client.close()
        await working
        await expectNothingLeft(0)
      }),
      { numRuns: 60 },
    )
    await expectService()
  })

  test('that opens many sessions gets its share', async () => {
    const clients: Client[] = []
    for (let i = 0; i < 50; i++) clients.push(await out.dial())
    await expectService()
    await Promise.all(clients.map((c) => c.close()))
    await expectNothingLeft(0)
  })
})
