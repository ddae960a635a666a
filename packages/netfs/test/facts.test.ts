import { IP, UDPAddr } from '@net/addr'
import { Client, DONT_TOUCH, OEXEC, ORDWR, OREAD, OTRUNC, OWRITE, RemoteFile, type Stat } from '@net/9p'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { UDPHeader, unmarshalUDPHeader } from '@net/udp-header'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { knowsPacketAddress } from '../src/base/packet_address.ts'
import {
  clone,
  embedded,
  exported,
  failure,
  loopback,
  portOf,
  read,
  readBytes,
  target,
  write,
} from './nets.ts'

let check: () => Promise<void>
beforeAll(async () => {
  await (await target.listenUDP('udp4', new UDPAddr(loopback, 0))).close()
  check = ledger(keepLeaks())
})
afterAll(() => check())

/** A session as a user, and the stat of its files. */
async function attached(uname: string): Promise<{
  client: Client
  open(path: string, mode?: number): Promise<RemoteFile>
  stat(path: string): Promise<Stat>
  list(path: string): Promise<Stat[]>
  [Symbol.asyncDispose](): Promise<void>
}> {
  const out = await exported()
  const client = await out.dial()
  const root = await client.attach({ uname })
  const files: RemoteFile[] = []
  const open = async (path: string, mode: number = ORDWR): Promise<RemoteFile> => {
    const file = await RemoteFile.open(root, path, mode)
    files.push(file)
    return file
  }
  return {
    client,
    open,
    async stat(path) {
      await using fid = await root.walk(path.split('/'))
      return await fid.stat()
    },
    async list(path) {
      await using dir = await RemoteFile.open(root, path, OREAD)
      return await dir.readDir()
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(files.map((file) => file.close()))
      await client.close()
      await out[Symbol.asyncDispose]()
    },
  }
}

const text = (p: Uint8Array): string => Buffer.from(p).toString()

test('the files of the root have the modes of trace K1', async () => {
  await using net = await attached('glenda')
  const modes = new Map((await net.list('')).map((s) => [s.name, (s.mode & 0o777).toString(8)]))
  expect(Object.fromEntries([...modes].filter(([name]) => !name.startsWith('ether')))).toEqual({
    tcp: '555',
    udp: '555',
    ipifc: '555',
    arp: '664',
    bootp: '666',
    ndb: '666',
    iproute: '664',
    ipselftab: '444',
    log: '666',
    cs: '666',
    dns: '666',
  })
})

test('a conversation is its opener’s while it is held, and wstat of ctl and data changes it', async () => {
  await using net = await attached('glenda')
  const ctl = await net.open('tcp/clone')
  const shown = (await net.list('tcp/0')).map((s) => [
    s.name,
    s.mode,
    s.uid,
    s.gid,
    s.muid,
    s.qid.path,
    s.type,
  ])
  const own = ['glenda', 'network', 'glenda']
  expect(shown).toEqual([
    ['ctl', 0o660, ...own, 0x2000cn, 73],
    ['data', 0o660, ...own, 0x2000dn, 73],
    ['err', 0o660, ...own, 0x2000en, 73],
    ['listen', 0o660, ...own, 0x2000fn, 73],
    ['local', 0o444, 'network', 'network', 'network', 0x20010n, 73],
    ['remote', 0o444, 'network', 'network', 'network', 0x20011n, 73],
    ['status', 0o444, 'network', 'network', 'network', 0x20012n, 73],
  ])
  await ctl.fid.wstat({ ...DONT_TOUCH, uid: 'bootes', mode: 0o400 })
  const data = await net.stat('tcp/0/data')
  expect([data.uid, data.mode]).toEqual(['bootes', 0o400])
  expect(await failure(net.open('tcp/0/data', ORDWR))).toBe('permission denied')
  await (await net.open('tcp/0/data', OREAD)).close()
  await ctl.fid.wstat(DONT_TOUCH)
  expect(await failure(ctl.fid.wstat({ ...DONT_TOUCH, name: 'x' }))).toBe('permission denied')
  expect(await failure(ctl.fid.wstat({ ...DONT_TOUCH, gid: 'x' }))).toBe('permission denied')
  await ctl.fid.wstat({ ...DONT_TOUCH, length: 0n })
  await using err = await net.open('tcp/0/err', OREAD)
  expect(await failure(err.fid.wstat({ ...DONT_TOUCH, mode: 0o666 }))).toBe('permission denied')
  await err.close()
  await ctl.close()
  const idle = await net.stat('tcp/0/ctl')
  expect([idle.uid, idle.mode]).toEqual(['network', 0o660])
})

test('a directory can be opened for execution, and nothing else', async () => {
  await using net = await attached('glenda')
  await (await net.open('tcp', OEXEC)).close()
  for (const mode of [OWRITE, ORDWR, OREAD | OTRUNC]) {
    expect(await failure(net.open('tcp', mode))).toBe('permission denied')
  }
  for (const path of ['tcp/clone', 'tcp/stats', 'ndb', 'cs']) {
    expect(await failure(net.open(path, OEXEC))).toBe('permission denied')
  }
})

test('tables of the stack say in their words what they do not take', async () => {
  await using net = await attached('glenda')
  const arp = await net.open('arp', OWRITE)
  expect(await failure(arp.write(Buffer.from('bogus x')))).toBe('bad arp')
  expect(await failure(arp.write(Buffer.from('flush')))).toBe('permission denied')
  const route = await net.open('iproute', ORDWR)
  expect(await failure(route.write(Buffer.from('bogus x')))).toBe('bad cmd: want flush/remove/add/tag')
  expect(await failure(route.write(Buffer.from('flush')))).toBe('permission denied')
  const bootp = await net.open('bootp', OREAD)
  expect(await bootp.read(new Uint8Array(10))).toBe(0)
})

test('the files of an interface are those of trace K1, and what is of interfaces alone stays closed', async () => {
  await using net = await attached('glenda')
  expect((await net.list('ipifc/0')).map((s) => [s.name, s.mode, s.qid.path])).toEqual([
    ['ctl', 0o660, 0x6000cn],
    ['data', 0o660, 0x6000dn],
    ['err', 0o660, 0x6000en],
    ['listen', 0o660, 0x6000fn],
    ['local', 0o444, 0x60010n],
    ['remote', 0o444, 0x60011n],
    ['status', 0o444, 0x60012n],
    ['snoop', 0o400, 0x60013n],
  ])
  for (const name of ['data', 'err', 'listen', 'snoop']) {
    expect(await failure(net.open(`ipifc/0/${name}`, OREAD))).toBe('permission denied')
  }
  const ctl = await net.open('ipifc/0/ctl')
  expect(text(await ctl.readAll())).toBe('0')
  expect(await failure(ctl.write(Buffer.from('unbind')))).toBe('permission denied')
})

test('the version of ndb counts writes, as in trace P4', async () => {
  await using net = await attached('glenda')
  const versions: number[] = []
  const put = async (mode: number, ...lines: string[]): Promise<void> => {
    const file = await net.open('ndb', mode)
    versions.push(file.fid.qid.version)
    for (const line of lines) await file.write(Buffer.from(line))
    await file.close()
  }
  await put(OWRITE | OTRUNC, 'ip=127.0.0.1\n')
  await put(OREAD)
  await put(OWRITE | OTRUNC, 'x=1\n', 'y=2\n')
  await put(OREAD)
  expect(versions).toEqual([0, 1, 1, 3])
  const file = await net.open('ndb', OREAD)
  expect(text(await file.readAll())).toBe('x=1\ny=2\n')
  expect((await net.stat('ndb')).length).toBe(8n)
})

test('iounit is never more than a message holds', async () => {
  await using out = await exported()
  await using client = await Client.connect(await out.connect(), { msize: 256 })
  await using file = await RemoteFile.open(await client.attach(), 'cs', ORDWR)
  expect(file.fid.ioSize).toBe(232)
})

test('cs knows the numbers of protocols', async () => {
  await using net = await embedded()
  const cs = await net.open('cs')
  await write(cs, '!protocol=udp ipv4proto=*')
  cs.rewind()
  expect(await read(cs)).toBe('protocol=udp ipv4proto=17')
  expect(await failure(write(cs, '!protocol=nosuch'))).toBe('cs: no match')
})

const other = IP.from([127, 9, 8, 7])

test.skipIf(!knowsPacketAddress)(
  'headers on every address tell where a datagram was sent to, and the answer comes from there',
  async () => {
    await using net = await embedded()
    const { ctl, dir } = await clone(net, 'udp')
    await write(ctl, 'announce *!0')
    await write(ctl, 'headers')
    const data = await net.open(`${dir}/data`)
    const port = await portOf(net, dir)
    // A connected socket takes nothing from another address than the one it wrote to.
    await using peer = await target.dialUDP('udp', null, new UDPAddr(other, port))
    await peer.write(Buffer.from('there'))
    const got = await readBytes(data)
    const { header, payload } = unmarshalUDPHeader(got)
    expect([header.laddr.toString(), header.ifcaddr.toString()]).toEqual(['127.9.8.7', '127.0.0.1'])
    expect(text(payload)).toBe('there')
    await data.write(new Uint8Array([...header.marshal(), ...Buffer.from('back')]))
    const p = new Uint8Array(10)
    expect(text(p.subarray(0, await peer.read(p)))).toBe('back')
    // An address of somebody else is not used.
    await using second = await target.listenUDP('udp4', new UDPAddr(loopback, 0))
    const to = new UDPHeader({
      raddr: loopback,
      laddr: IP.from([192, 0, 2, 1]),
      ifcaddr: header.ifcaddr,
      rport: second.localAddr.port,
      lport: port,
    })
    await data.write(new Uint8Array([...to.marshal(), ...Buffer.from('any')]))
    const [n, from] = await second.readFrom(p)
    expect([text(p.subarray(0, n)), from.toString()]).toEqual(['any', `127.0.0.1:${port}`])
  },
)

test.skipIf(!knowsPacketAddress)(
  'a sender that calls an announced port is answered from the address it called',
  async () => {
    await using net = await embedded()
    const { ctl, dir } = await clone(net, 'udp')
    await write(ctl, 'announce *!0')
    const port = await portOf(net, dir)
    await using peer = await target.dialUDP('udp', null, new UDPAddr(other, port))
    await peer.write(Buffer.from('call'))
    const n = await read(await net.open(`${dir}/listen`))
    expect(await read(await net.open(`udp/${n}/local`, 'r'))).toBe(`127.9.8.7!${port}\n`)
    const data = await net.open(`udp/${n}/data`)
    expect(await read(data)).toBe('call')
    await write(data, 'back')
    const p = new Uint8Array(10)
    expect(text(p.subarray(0, await peer.read(p)))).toBe('back')
  },
)
