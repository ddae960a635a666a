import { DMDIR, OREAD, RemoteFile, type Stat } from '@net/9p'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cat, clone, echo, exported, failure, nets, read, target, write } from './nets.ts'

let check: () => Promise<void>
beforeAll(async () => {
  await (await echo())[Symbol.asyncDispose]()
  check = ledger(keepLeaks())
})
afterAll(() => check())

describe('the tree over 9P', () => {
  test('has the files of a Plan 9 /net, with its modes and qids', async () => {
    await using out = await exported()
    await using client = await out.dial()
    const root = await client.attach()
    const list = async (path: string): Promise<Stat[]> => {
      await using dir = await RemoteFile.open(root, path, OREAD)
      return await dir.readDir()
    }
    const top = await list('')
    for (const name of ['tcp', 'udp', 'ipifc', 'arp', 'ndb', 'iproute', 'ipselftab', 'log', 'cs', 'dns']) {
      expect(top.map((s) => s.name)).toContain(name)
    }
    const of = (stats: Stat[], name: string): Stat | undefined => stats.find((s) => s.name === name)
    expect(of(top, 'tcp')).toMatchObject({
      mode: DMDIR + 0o555,
      qid: { type: 0x80, version: 0, path: 0x20008n },
    })
    expect(of(top, 'udp')).toMatchObject({ mode: DMDIR + 0o555, qid: { type: 0x80, path: 0x40008n } })
    expect(of(top, 'ndb')).toMatchObject({ mode: 0o666, qid: { path: 4n } })
    expect((await list('tcp')).map((s) => s.name)).toEqual(['clone', 'stats'])
    await using ctl = await RemoteFile.open(root, 'tcp/clone', 2)
    expect(ctl.fid.qid).toEqual({ type: 0, version: 0, path: 0x2000cn })
    expect((await list('tcp')).map((s) => s.name)).toEqual(['0', 'clone', 'stats'])
    const files = await list('tcp/0')
    expect(files.map((s) => [s.name, s.mode, s.qid.path])).toEqual([
      ['ctl', 0o660, 0x2000cn],
      ['data', 0o660, 0x2000dn],
      ['err', 0o660, 0x2000en],
      ['listen', 0o660, 0x2000fn],
      ['local', 0o444, 0x20010n],
      ['remote', 0o444, 0x20011n],
      ['status', 0o444, 0x20012n],
    ])
    // No two files have one qid.
    const paths = [...top, ...files, ...(await list('ipifc')), ...(await list('udp'))].map((s) => s.qid.path)
    expect(new Set(paths).size).toBe(paths.length)
  })

  test('refuses to make, remove and change files', async () => {
    await using out = await exported()
    await using client = await out.dial()
    const root = await client.attach()
    expect(await failure(RemoteFile.create(root, 'tcp/foo', 0o666, 2))).toBe('permission denied')
    expect(await failure((await root.walk(['udp'])).remove())).toBe('permission denied')
    const ndb = await root.walk(['ndb'])
    expect(await failure(ndb.wstat(await ndb.stat()))).toBe('permission denied')
    expect(await failure(client.auth())).toBe('authentication not required')
  })
})

describe.each(nets)('the stack files %s', (_name, make) => {
  test('ipifc has the interfaces of the target', async () => {
    await using net = await make()
    const ifcs = await target.interfaces()
    for (const [n, ifc] of ifcs.entries()) {
      const status = await cat(net, `ipifc/${n}/status`)
      expect(status).toMatch(new RegExp(`^device \\S+ maxtu ${ifc.mtu} sendra 0 recvra 0 .* errout 0\n`))
      expect(await cat(net, `ipifc/${n}/remote`)).toBe('::!0\n')
      expect(await cat(net, `ipifc/${n}/ctl`)).toBe(String(n))
    }
    const lo = await cat(net, 'ipifc/0/status')
    expect(lo).toContain('device /dev/null ')
    const line =
      '\t127.0.0.1                                /104       127.0.0.0                                4294967295   4294967295  \n'
    expect(lo).toContain(line)
    expect(await cat(net, 'ipifc/0/local')).toMatch(/^127\.0\.0\.1 {32}-> 127/)
    expect(await failure(net.open('ipifc/999/status'))).toBe('file does not exist')
    expect(await failure(net.open('ipifc/clone'))).toBe('permission denied')
  })

  test('iproute and ipselftab are as in trace K2', async () => {
    await using net = await make()
    expect(await cat(net, 'iproute')).toContain('127.0.0.0       /104 127.0.0.0       4i   ifc    0\n')
    expect(await cat(net, 'iproute')).toContain('127.0.0.1       /128 127.0.0.1       4u   ifc    0\n')
    expect(await cat(net, 'ipselftab')).toContain('127.0.0.1                                    01 6u  \n')
    expect(await cat(net, 'arp')).toBe('')
  })

  test('ndb is written and read, and too much is refused, as in trace P4', async () => {
    await using net = await make()
    const ndb = await net.open('ndb')
    const old = await read(ndb)
    ndb.rewind()
    const text = 'ip=127.0.0.1 ipmask=/8 ipgw=::\n\tsys=vm\n'.padEnd(old.length + 1, '\n')
    await write(ndb, text)
    await write(ndb, 'x=1\n')
    ndb.rewind()
    expect(await read(ndb)).toBe(`${text}x=1\n`)
    expect(await failure(write(ndb, 'z'.repeat(33 * 1024)))).toBe('i/o error')
    const cs = await net.open('cs')
    await write(cs, '!ipinfo sys')
    cs.rewind()
    expect(await read(cs)).toBe('sys=vm')
    // What one query may ask for is limited, as each attribute takes its share of the server's time.
    expect(await failure(write(cs, `!ipinfo${' sys'.repeat(33)}`))).toBe('cs: bad query')
    await write(cs, `!ipinfo${' sys'.repeat(32)}`)
  })

  test('reading log waits, and can be flushed', async () => {
    await using net = await make()
    const log = await net.open('log')
    expect(await write(log, 'set tcp')).toBe(7)
    const abort = new AbortController()
    const reading = read(log, 10, { signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })

  test('err of an idle conversation waits', async () => {
    await using net = await make()
    const { dir } = await clone(net, 'tcp')
    const err = await net.open(`${dir}/err`, 'r')
    const abort = new AbortController()
    const reading = read(err, 10, { signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })
})
