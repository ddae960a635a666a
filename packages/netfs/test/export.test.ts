import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { TCPAddr, UnixAddr } from '@net/addr'
import {
  Client,
  decodeMessage,
  encodedMessage,
  type Message9P,
  NOFID,
  NOTAG,
  RemoteFile,
  Tattach,
  Tclunk,
  Topen,
  Tversion,
  Twalk,
} from '@net/9p'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportNet, listenExport } from '../src/index.ts'
import {
  cat,
  clone,
  echo,
  exported,
  failure,
  loopback,
  portOf,
  read,
  session,
  target,
  write,
} from './nets.ts'

let check: () => Promise<void>
beforeAll(async () => {
  await (await echo())[Symbol.asyncDispose]()
  check = ledger(keepLeaks())
})
afterAll(() => check())

describe('sessions', () => {
  test('see and touch only their own conversations', async () => {
    await using peer = await echo()
    await using out = await exported()
    await using a = await session(await out.dial())
    await using b = await session(await out.dial())
    const mine = await clone(a, 'tcp')
    await write(mine.ctl, `connect 127.0.0.1!${peer.port}`)
    expect(await failure(b.open('tcp/0/ctl'))).toBe('file does not exist')
    expect(await failure(b.open('tcp/0/data'))).toBe('file does not exist')
    expect(await failure(b.open('tcp/0/status', 'r'))).toBe('file does not exist')
    const theirs = await clone(b, 'tcp')
    expect(theirs.n).toBe('0')
    expect(await cat(b, 'tcp/0/remote')).toBe('::!0\n')
    await write(theirs.ctl, 'hangup')
    expect(await cat(a, 'tcp/0/status')).toMatch(/^Established/)
    expect(await cat(b, 'tcp/stats')).toMatch(/ActiveOpens: 0\n/)
    await write(await b.open('ndb'), 'x=')
    expect(await cat(a, 'ndb')).not.toMatch(/^x=/)
    expect(out.net.activity).toMatchObject({ sessions: 2, conversations: 2 })
  })

  test('take everything they made with them when the link is cut', async () => {
    await using peer = await echo()
    await using out = await exported()
    const listener = await target.listenTCP('tcp4', new TCPAddr(loopback, 0))
    const client = await out.dial()
    const net = await session(client)
    const c = await clone(net, 'tcp')
    await write(c.ctl, `connect 127.0.0.1!${listener.addr.port}`)
    const accepted = await listener.accept()
    const announced = await clone(net, 'tcp')
    await write(announced.ctl, 'announce 127.0.0.1!0')
    const port = await portOf(net, announced.dir)
    const udp = await clone(net, 'udp')
    await write(udp.ctl, 'announce 127.0.0.1!0')
    const pending = [
      net.open(`${announced.dir}/listen`),
      net.open(`${udp.dir}/listen`),
      read(await net.open(`${c.dir}/data`)),
      read(await net.open(`${c.dir}/err`, 'r')),
    ].map((p) => failure(p))
    const other = await clone(net, 'tcp')
    await write(other.ctl, `connect 127.0.0.1!${peer.port}`)
    expect(out.net.activity.conversations).toBe(4)
    const gone = Promise.all(pending)
    await client.close()
    for (const words of await gone) expect(words).toMatch(/session/)
    // The peer sees the end, the port is closed, and the counts say so.
    expect(await accepted.read(new Uint8Array(1))).toBe(null)
    await accepted.close()
    await listener.close()
    while (out.net.activity.sessions > 0) await new Promise((resolve) => setImmediate(resolve))
    expect(out.net.activity.conversations).toBe(0)
    await expect(target.dialTCP('tcp', null, new TCPAddr(loopback, port))).rejects.toThrow(
      'connection refused',
    )
  })

  test('begin anew with a Tversion in mid-session', async () => {
    await using out = await exported()
    const raw = await out.connect()
    const p = new Uint8Array(8192)
    const ask = async (message: Message9P): Promise<Message9P> => {
      await raw.write(encodedMessage(message))
      const n = await raw.read(p)
      return decodeMessage(p.slice(0, n ?? 0))
    }
    const version = { type: Tversion, tag: NOTAG, msize: 8192, version: '9P2000' } as const
    await ask(version)
    await ask({ type: Tattach, tag: 1, fid: 1, afid: NOFID, uname: 'me', aname: '' })
    await ask({ type: Twalk, tag: 1, fid: 1, newfid: 2, wname: ['tcp', 'clone'] })
    expect(await ask({ type: Topen, tag: 1, fid: 2, mode: 2 })).toMatchObject({ qid: { path: 0x2000cn } })
    expect(out.net.activity.conversations).toBe(1)
    expect(await ask(version)).toMatchObject({ version: '9P2000' })
    expect(out.net.activity.conversations).toBe(0)
    expect(await ask({ type: Tclunk, tag: 1, fid: 2 })).toMatchObject({ ename: 'Bad fid' })
    await raw.close()
  })

  test('of two users of one port cannot steal it', async () => {
    await using out = await exported()
    await using a = await session(await out.dial())
    await using b = await session(await out.dial())
    const one = await clone(a, 'tcp')
    await write(one.ctl, 'announce 127.0.0.1!0')
    const port = await portOf(a, one.dir)
    const two = await clone(b, 'tcp')
    expect(await failure(write(two.ctl, `announce 127.0.0.1!${port}`))).toBe('address in use')
  })
})

describe('limits', () => {
  test('conversations of a session end in "no free devices"', async () => {
    await using out = await exported({ limits: { conversations: 3 } })
    await using a = await session(await out.dial())
    for (let i = 0; i < 3; i++) await clone(a, 'tcp')
    expect(await failure(clone(a, 'tcp'))).toBe('no free devices')
    expect((await clone(a, 'udp')).n).toBe('0')
    await using b = await session(await out.dial())
    expect((await clone(b, 'tcp')).n).toBe('0')
  })

  test('conversations of all sessions are counted together', async () => {
    await using out = await exported({ limits: { totalConversations: 3 } })
    await using a = await session(await out.dial())
    await using b = await session(await out.dial())
    const { ctl } = await clone(a, 'tcp')
    await clone(b, 'udp')
    expect(await failure(clone(b, 'tcp'))).toBe('no free devices')
    await ctl.close()
    expect((await clone(b, 'tcp')).n).toBe('0')
  })

  test('a call above the limit is hung up on', async () => {
    await using out = await exported({ limits: { conversations: 1 } })
    await using a = await session(await out.dial())
    const { ctl, dir } = await clone(a, 'tcp')
    await write(ctl, 'announce 127.0.0.1!0')
    const conn = await target.dialTCP('tcp', null, new TCPAddr(loopback, await portOf(a, dir)))
    expect(await failure(a.open(`${dir}/listen`))).toBe('no free devices')
    expect(await conn.read(new Uint8Array(1))).toBe(null)
    await conn.close()
  })

  test('sessions above the limit are hung up on', async () => {
    await using out = await exported({ limits: { sessions: 1 } })
    await using a = await session(await out.dial())
    expect(await failure(out.dial())).toMatch(/./)
    expect(out.net.activity.refusedSessions).toBe(1)
    expect((await clone(a, 'tcp')).n).toBe('0')
  })

  test('who has not attached makes room for the next', async () => {
    await using out = await exported({ limits: { sessions: 3 } })
    const silent = [await out.connect(), await out.connect()]
    await using a = await session(await out.dial())
    await using b = await session(await out.dial())
    for (const conn of silent) {
      expect(await conn.read(new Uint8Array(1))).toBe(null)
      await conn.close()
    }
    expect([(await clone(a, 'tcp')).n, (await clone(b, 'udp')).n]).toEqual(['0', '0'])
    expect(out.net.activity).toMatchObject({ refusedSessions: 2 })
    expect(await failure(out.dial())).toMatch(/./)
  })

  test('who does not attach in time is hung up on', async () => {
    await using out = await exported({ limits: { attachTime: 1 } })
    const client = await out.dial()
    await client.done
    expect(out.net.activity.refusedSessions).toBe(1)
  })

  test('answers that a session keeps are limited', async () => {
    await using out = await exported({ limits: { queuedBytes: 300 } })
    await using client = await out.dial()
    const root = await client.attach({ uname: 'x'.repeat(60_000) })
    const ask = async (): Promise<[RemoteFile, string]> => {
      const cs = await RemoteFile.open(root, 'cs', 2)
      return [cs, await failure(cs.write(Buffer.from('tcp!127.0.0.1!80')))]
    }
    const first = await Promise.all([ask(), ask(), ask()])
    expect(first.map(([, words]) => words)).toEqual(['no error but 16', 'no error but 16', 'no error but 16'])
    const [more, words] = await ask()
    expect(words).toBe('cs: i/o error')
    await first[0]?.[0].close()
    expect(await failure(more.writeAt(Buffer.from('tcp!127.0.0.1!80'), 0))).toBe('no error but 16')
    // Nor is a name kept that is longer than names are.
    await using ctl = await RemoteFile.open(root, 'tcp/clone', 2)
    expect((await ctl.stat()).uid).toBe('x'.repeat(64))
  })

  test('fids, requests and bytes of a session are limited', async () => {
    await using out = await exported({ limits: { fids: 4, requests: 4, bytes: 200_000 } })
    await using client = await out.dial()
    const root = await client.attach()
    const log = await RemoteFile.open(root, 'log')
    const extra = [await root.walk([]), await root.walk([])]
    expect(await failure(root.walk([]))).toBe('too many fids')
    const abort = new AbortController()
    const { signal } = abort
    const one = failure(log.readAt(new Uint8Array(90_000), 0, { signal }))
    expect(await failure(log.readAt(new Uint8Array(90_000), 0))).toBe('too many bytes in flight')
    const more = [1, 2, 3].map(() => failure(log.readAt(new Uint8Array(1), 0, { signal })))
    expect(await failure(log.readAt(new Uint8Array(1), 0))).toBe('too many requests')
    abort.abort(new Error('enough'))
    expect(await one).toBe('enough')
    expect(await Promise.all(more)).toEqual(['enough', 'enough', 'enough'])
    await Promise.all(extra.map((fid) => fid.clunk()))
  })

  test('a limit that is no positive number is a RangeError', async () => {
    await expect(exported({ limits: { sessions: 0 } })).rejects.toThrow(RangeError)
  })
})

describe('listenExport', () => {
  test('makes a Unix socket for its owner alone', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'netfs-'))
    const path = join(dir, 'net')
    const mask = process.umask(0)
    try {
      const { net } = await listenExport(target, `unix!${path}`)
      expect(statSync(path).mode & 0o777).toBe(0o600)
      await using a = await session(
        await Client.connect(await target.dialUnix('unix', null, new UnixAddr(path, 'unix'))),
      )
      expect((await clone(a, 'tcp')).n).toBe('0')
      await net.close()
      expect(existsSync(path)).toBe(false)
    } finally {
      process.umask(mask)
      rmSync(dir, { recursive: true })
    }
  })

  test('refuses other networks, and abstract names', async () => {
    await expect(listenExport(target, 'udp!*!5')).rejects.toThrow(TypeError)
    await expect(listenExport(target, 'unix!@netfs')).rejects.toThrow(TypeError)
    await expect(listenExport(target, 'tcp!example.com!564')).rejects.toThrow('bad ip address syntax')
  })

  test('calls onChange when sessions and conversations come and go', async () => {
    await using out = await exported()
    const seen: string[] = []
    out.net.activity.onChange = () => {
      seen.push(`${out.net.activity.sessions} ${out.net.activity.conversations}`)
    }
    const client = await out.dial()
    const net = await session(client)
    await (await clone(net, 'tcp')).ctl.close()
    await client.close()
    while (out.net.activity.sessions > 0) await new Promise((resolve) => setImmediate(resolve))
    expect(seen).toEqual(['1 0', '1 1', '1 0', '0 0'])
  })
})

describe.skipIf(!existsSync('/usr/bin/curl'))('with curl', () => {
  test('a program served through /net talks to a real client', async () => {
    await using out = await exported()
    await using net = await session(await out.dial())
    const { ctl, dir } = await clone(net, 'tcp')
    await write(ctl, 'announce 127.0.0.1!0')
    const serving = (async () => {
      const called = await net.open(`${dir}/listen`)
      const data = await net.open(`tcp/${await read(called)}/data`)
      await read(data)
      await write(data, 'HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nthere\n')
      await data.close()
      await called.close()
    })()
    const curl = promisify(execFile)('/usr/bin/curl', ['-s', `http://127.0.0.1:${await portOf(net, dir)}/`])
    await serving
    expect((await curl).stdout).toBe('there\n')
  })
})

test('exportNet() refuses a socket of an abstract name', async () => {
  const listener = await target.listenUnix('unix', new UnixAddr(`@netfs-${process.pid}`, 'unix'))
  expect(() => exportNet(target, listener)).toThrow(/^anybody could use/)
  await listener.close()
})
