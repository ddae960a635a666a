import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { splitHostPort } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet, Net } from '../src/index.ts'
import { toDuplex } from '../src/node/index.ts'
import { dialNet, embeddedNet, exportNet, listenExport, plan9, tlsListener } from '../src/plan9/index.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const { target } = defaultNet()

let dir: string
let balanced: () => Promise<void>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'net-plan9-'))
  await using l = await defaultNet().listen('tcp', '127.0.0.1:0')
  await l.close()
  balanced = ledger(keepLeaks())
})

afterAll(async () => {
  await rm(dir, { recursive: true })
  await balanced()
})

/** What the program tells that the tests run on every target. */
async function run(...args: [net: string] | []): Promise<unknown> {
  const [net] = args
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...(net === undefined ? [] : ['-C', 'plan9']), here('plan9_app.mjs')],
    { env: { ...process.env, ...(net !== undefined && { PLAN9_NET: net }) } },
  )
  return JSON.parse(stdout)
}

describe('node -C plan9 runs an unchanged program', () => {
  const told = {
    question: 'question',
    answer: 'answer',
    addresses: [true, true],
    end: null,
    packet: ['packet', true],
    host: true,
    port: 80,
    loopback: true,
    refused: 'ECONNREFUSED',
  }

  test('that tells the same without the condition', async () => {
    expect(await run()).toEqual({ ...told, target: process.platform })
  })

  test('over 9P on a Unix socket', async () => {
    const address = `unix!${join(dir, 'app')}`
    const { net } = await listenExport(target, address)
    expect(await run(address)).toEqual({ ...told, target: 'plan9' })
    await net.close()
    expect(net.activity).toMatchObject({ sessions: 0, conversations: 0, totalSessions: 1 })
  })

  test('over 9P on TCP', async () => {
    const { net, listener } = await listenExport(target, 'tcp!127.0.0.1!0')
    const { port } = splitHostPort(listener.addr.toString())
    expect(await run(`tcp!127.0.0.1!${port}`)).toEqual({ ...told, target: 'plan9' })
    await net.close()
    expect(net.activity).toMatchObject({ sessions: 0, conversations: 0, totalSessions: 1 })
  })
})

/** Sends bytes through a connection of a net to the kernel's, and back. */
async function expectEcho(net: Net): Promise<void> {
  const sent = randomBytes(100_000)
  await using listener = await defaultNet().listen('tcp', '127.0.0.1:0')
  const [near, far] = await Promise.all([net.dial('tcp', listener.addr.toString()), listener.accept()])
  await using conns = { [Symbol.asyncDispose]: () => Promise.all([near.close(), far.close()]).then(() => {}) }
  expect(conns).toBeDefined()
  const got = new Uint8Array(sent.length)
  const wrote = near.write(sent)
  for (let n = 0; n < got.length;) n += (await far.read(got.subarray(n))) ?? got.length
  expect(await wrote).toBe(sent.length)
  expect(Buffer.compare(got, sent)).toBe(0)
}

test('plan9() dials the address of a server by itself', async () => {
  const address = `unix!${join(dir, 'dialled')}`
  const served = await listenExport(target, address)
  await using over = plan9({ net: address })
  await expectEcho(new Net(over))
  await over[Symbol.asyncDispose]()
  await served.net.close()
})

test('plan9() takes a tree of this process', async () => {
  await using tree = embeddedNet(target)
  await expectEcho(new Net(plan9({ net: tree })))
})

test('dialNet() imports over TLS with a pre-shared key, and not without it', async () => {
  const key = randomBytes(32)
  const raw = await defaultNet().listen('tcp', '127.0.0.1:0')
  const address = `tcp!127.0.0.1!${raw.addr.port}`
  await using served = exportNet(target, tlsListener(raw, { keys: { me: key } }))
  await using tree = await dialNet(address, { tls: { identity: 'me', key } })
  await expectEcho(new Net(plan9({ net: tree })))
  await tree.close()
  await expect(dialNet(address, { tls: { identity: 'me', key: randomBytes(32) } })).rejects.toThrow()
  await served.close()
  expect(served.activity.totalSessions).toBe(1)
})

test('dialNet() refuses what is no address, and tells of nobody there', async () => {
  await expect(dialNet('/net')).rejects.toThrow('/net is no address: unix!/path or tcp!host!port')
  await expect(dialNet(`unix!${join(dir, 'nobody')}`)).rejects.toThrow('no such file or directory')
  const reason = new Error('no more')
  await expect(dialNet('tcp!127.0.0.1!1', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('toDuplex() over a network without half-close ends by closing, and tells who still reads', async () => {
  await using tree = embeddedNet(target)
  const net = new Net(plan9({ net: tree }))
  await using listener = await defaultNet().listen('tcp', '127.0.0.1:0')
  const [near, far] = await Promise.all([net.dial('tcp', listener.addr.toString()), listener.accept()])
  const stream = toDuplex(near)
  const ended = expect(text(stream)).rejects.toMatchObject({ op: 'read', code: 'ECONNABORTED' })
  stream.end('the last')
  await ended
  const p = new Uint8Array(100)
  expect(Buffer.from(p.subarray(0, (await far.read(p)) ?? 0)).toString()).toBe('the last')
  expect(await far.read(p)).toBe(null)
  await far.close()
  await tree.close()
  expect(tree.activity.conversations).toBe(0)
})
