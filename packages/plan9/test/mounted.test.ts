// osNet on a network that the kernel has really mounted, by FUSE and 9P2000.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
import { ErrDeadlineExceeded, isErr, type TCPConn } from '@net/contract'
import { posix } from '@net/posix'
import { plan9, query, osNet, type Plan9Target } from '../src/index.ts'
import { exported, type Exported } from './exported.ts'

const kernel = posix()
const loopback = new TCPAddr(parseIP('127.0.0.1'), 0)
const script = join(import.meta.dirname, 'fuse_mount.py')

/** Whether this process may mount. */
function canMount(): boolean {
  try {
    closeSync(openSync('/dev/fuse', 'r+'))
    return spawnSync('fusermount', ['-V']).status === 0
  } catch {
    return false
  }
}

// The host's first python3 need not be the one that has Debian's modules.
const python = ['python3', '/usr/bin/python3'].find((p) => spawnSync(p, ['-c', 'import fuse']).status === 0)
const reason = !canMount() ? 'no /dev/fuse here' : python === undefined ? 'no python3-fuse here' : null

const text = (p: Uint8Array): string => Buffer.from(p).toString()

async function readText(c: { read(p: Uint8Array): Promise<number | null> }): Promise<string | null> {
  const p = new Uint8Array(100)
  const n = await c.read(p)
  return n === null ? null : text(p.subarray(0, n))
}

describe.skipIf(reason !== null)(`osNet() on a mount${reason === null ? '' : ` (${reason})`}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'mounted-'))
  let far: Exported
  let mount: ChildProcess
  let target: Plan9Target

  beforeAll(async () => {
    far = await exported('unix')
    mount = spawn(python ?? 'python3', [script, far.address, dir], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    await vi.waitFor(async () => expect(await readdir(dir)).toContain('tcp'), { timeout: 30_000 })
    target = plan9({ net: dir })
  })

  afterAll(async () => {
    const exit = once(mount, 'exit')
    await once(spawn('fusermount', ['-u', dir], { stdio: 'inherit' }), 'exit')
    await exit
    rmdirSync(dir)
    expect(far.served.activity.conversations).toBe(0)
    await far[Symbol.asyncDispose]()
  })

  /** A connection dialled through the mount and the kernel's end of it. */
  async function pair(): Promise<[TCPConn, TCPConn]> {
    const listener = await kernel.listenTCP('tcp', loopback)
    const both = await Promise.all([target.dialTCP('tcp', null, listener.addr), listener.accept()])
    await listener.close()
    return both
  }

  test('dials, and carries bytes to the end', async () => {
    const [c, s] = await pair()
    expect(c.localAddr.toString()).toBe(s.remoteAddr.toString())
    await c.write(Buffer.from('there'))
    expect(await readText(s)).toBe('there')
    const sent = new Uint8Array(300_000).map((_, i) => i % 251)
    const writing = s.write(sent).then(() => s.close())
    const got = new Uint8Array(sent.length)
    for (let at = 0; at < got.length;) at += (await c.read(got.subarray(at))) ?? got.length
    expect(Buffer.compare(got, sent)).toBe(0)
    expect(await readText(c)).toBe(null)
    await Promise.all([writing, c.close()])
  })

  test('listens, and gives each call a connection', async () => {
    const listener = await target.listenTCP('tcp', loopback)
    for (let i = 0; i < 3; i++) {
      const [c, s] = await Promise.all([kernel.dialTCP('tcp', null, listener.addr), listener.accept()])
      expect(s.remoteAddr.toString()).toBe(c.localAddr.toString())
      await s.write(Buffer.from(`call ${i}`))
      expect(await readText(c)).toBe(`call ${i}`)
      await Promise.all([c.close(), s.close()])
    }
    const accepting = listener.accept()
    await Promise.all([
      listener.close(),
      expect(accepting).rejects.toThrow('use of closed network connection'),
    ])
  })

  test('a deadline ends a read that waits, and what comes later is there', async () => {
    const [c, s] = await pair()
    c.setReadDeadline(Date.now() + 30)
    const late = await c.read(new Uint8Array(10)).catch((e: unknown) => e)
    expect(isErr(late, ErrDeadlineExceeded)).toBe(true)
    c.setReadDeadline(null)
    await s.write(Buffer.from('late'))
    expect(await readText(c)).toBe('late')
    await Promise.all([c.close(), s.close()])
  })

  test('close() during a read ends the connection for the peer', async () => {
    const [c, s] = await pair()
    await c.write(Buffer.from('last words'))
    const reading = c.read(new Uint8Array(10))
    const closing = c.close()
    await expect(reading).rejects.toThrow('use of closed network connection')
    await closing
    expect(await readText(s)).toBe('last words')
    // A hangup is a reset where the kernel's own end was still being read.
    const end = await s.read(new Uint8Array(10)).catch((e: unknown) => (e as { code?: string }).code)
    expect([null, 'ECONNRESET']).toContain(end)
    await s.close()
  })

  test('datagrams go both ways', async () => {
    const u = await target.listenUDP('udp', new UDPAddr(loopback.ip, 0))
    const v = await kernel.dialUDP('udp', null, u.localAddr)
    await v.write(Buffer.from('ping'))
    const p = new Uint8Array(10)
    const [n, from] = await u.readFrom(p)
    expect([text(p.subarray(0, n)), from.toString()]).toEqual(['ping', v.localAddr.toString()])
    await u.writeTo(Buffer.from('pong'), from)
    expect(text(p.subarray(0, await v.read(p)))).toBe('pong')
    await Promise.all([u.close(), v.close()])
  })

  test('cs answers, and ipifc tells the interfaces', async () => {
    expect(await query(osNet(dir), 'cs', 'tcp!127.0.0.1!80', 128)).toEqual(['/net/tcp/clone 127.0.0.1!80'])
    expect(await target.lookupPort('tcp', 'http')).toBe(80)
    expect((await target.interfaces())[0]?.name).toBe(`${dir}/ipifc/0`)
  })

  test('a dial that is refused fails with the number that the mount makes of the words', async () => {
    const listener = await kernel.listenTCP('tcp', loopback)
    await listener.close()
    await expect(target.dialTCP('tcp', null, listener.addr)).rejects.toMatchObject({ code: 'ERANGE' })
  })
})
