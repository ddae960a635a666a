import { spawnSync } from 'node:child_process'
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  existsSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { IPAddr, parseIP, TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import type {
  Conn,
  File,
  FileLike,
  IPConn,
  TCPListener,
  UDPConn,
  UnixConn,
  UnixListener,
  UnixNetwork,
} from '@net/contract'
import { ledger, testConn, testListener } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import {
  listenTCPSync,
  listenUDPSync,
  listenUnixgramSync,
  listenUnixSync,
  newFile,
  posix,
  socketPair,
} from '../src/index.ts'
import { abi } from '../src/abi/system.ts'
import { close as closeFD, socket } from '../src/sys/syscall.ts'

const target = posix()
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const dir = mkdtempSync(join(tmpdir(), 'net-file-'))
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

const loopback = parseIP('127.0.0.1')
const text = (s: string): Uint8Array => new TextEncoder().encode(s)
let count = 0
const unused = (): string => join(dir, `s${count++}`)

async function closeAll(...all: { close(): Promise<void> }[]): Promise<void> {
  await Promise.all(all.map((c) => c.close()))
}

async function tcpPair(): Promise<[Conn & { file(): Promise<File> }, Conn]> {
  const listener = listenTCPSync('tcp', new TCPAddr(loopback, 0))
  const pair = await Promise.all([target.dialTCP('tcp', null, listener.addr), listener.accept()])
  await listener.close()
  return pair
}

/** Makes the connection of a file and closes the file. */
async function adopted<T>(f: File, make: (f: FileLike) => Promise<T>): Promise<T> {
  const made = await make(f)
  await f.close()
  return made
}

testConn(
  { test },
  async () => {
    const [a, c2] = await tcpPair()
    const c1 = await adopted(await a.file(), (f) => target.fileConn(f))
    await a.close()
    return { c1, c2, stop: () => closeAll(c1, c2) }
  },
  { label: 'fileConn() of tcp', network: 'tcp', halfClose: true, byteStreams: true },
)

testListener(
  { test },
  async () => {
    const first = listenTCPSync('tcp', new TCPAddr(loopback, 0))
    const listener = await adopted(await first.file(), (f) => target.fileListener(f))
    await first.close()
    const dialled: Conn[] = []
    return {
      listener,
      async dial() {
        const c = await target.dialTCP('tcp', null, (listener as TCPListener).addr)
        dialled.push(c)
        return c
      },
      stop: () => closeAll(listener, ...dialled),
    }
  },
  { label: 'fileListener() of tcp', network: 'tcp' },
)

test('TCPConn.file() is a descriptor of its own, close-on-exec, with a name that tells the ends', async () => {
  const [a, b] = await tcpPair()
  const f = await a.file()
  expect(f.name).toBe(`tcp:${a.localAddr.toString()}->${a.remoteAddr.toString()}`)
  expect(fstatSync(f.fd).isSocket()).toBe(true)
  const flags = parseInt(
    /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${f.fd}`, 'utf8'))?.[1] ?? '',
    8,
  )
  expect(flags & 0o2000000, 'O_CLOEXEC').toBe(0o2000000)
  const inode = readlinkSync(`/proc/self/fd/${f.fd}`)
  const child = spawnSync(process.execPath, [
    '-e',
    "require('fs').readdirSync('/proc/self/fd').forEach((fd) => { try { console.log(require('fs').readlinkSync('/proc/self/fd/' + fd)) } catch {} })",
  ])
  expect(child.stdout.toString()).not.toContain(inode)
  await a.close()
  expect(fstatSync(f.fd).isSocket()).toBe(true)
  const again = await target.fileConn(f)
  await again.write(text('still'))
  expect(await b.read(new Uint8Array(8))).toBe(5)
  await closeAll(f, again)
  expect(f.fd).toBe(-1)
  await f.close()
  await f[Symbol.asyncDispose]()
  f[Symbol.dispose]()
  expect(await b.read(new Uint8Array(8))).toBe(null)
  await b.close()
})

test('file() after close is an error of the connection or listener', async () => {
  const [a, b] = await tcpPair()
  const l = listenTCPSync('tcp', new TCPAddr(loopback, 0))
  const u = listenUDPSync('udp', new UDPAddr(loopback, 0))
  const [x, y] = socketPair()
  const ul = listenUnixSync('unix', new UnixAddr(unused(), 'unix'))
  await closeAll(a, b, l, u, x, y, ul)
  const ends = `${a.localAddr.toString()}->${a.remoteAddr.toString()}`
  await expect(a.file()).rejects.toThrow(`file tcp ${ends}: use of closed network connection`)
  await expect(l.file()).rejects.toThrow(`file tcp ${l.addr.toString()}: use of closed network connection`)
  await expect(u.file()).rejects.toThrow(`file udp ${u.addr.toString()}: use of closed network connection`)
  await expect(x.file()).rejects.toMatchObject({ op: 'file', net: 'unix', code: 'ERR_CLOSED' })
  await expect(ul.file()).rejects.toMatchObject({ op: 'file', net: 'unix', source: null })
})

test.each(['unix', 'unixgram', 'unixpacket'] as const)(
  'fileConn() recognises %s',
  async (network: UnixNetwork) => {
    const [a, b] = socketPair(network)
    const c = await adopted(await a.file(), (f) => target.fileConn(f))
    expect(c.localAddr.network).toBe(network)
    await c.write(text('abc'))
    expect(await b.read(new Uint8Array(8))).toBe(3)
    await expect(c.read('text' as unknown as Uint8Array)).rejects.toThrow(TypeError)
    c.setReadDeadline(1)
    await expect(c.read(new Uint8Array(8))).rejects.toMatchObject({ net: network, timeout: true })
    await closeAll(a, b, c)
  },
)

test('fileConn() and filePacketConn() recognise UDP, with and without a peer', async () => {
  const server = listenUDPSync('udp', new UDPAddr(loopback, 0))
  const dialled = await target.dialUDP('udp', null, server.addr)
  const bound = (await adopted(await server.file(), (f) => target.filePacketConn(f))) as UDPConn
  const c = await adopted(await dialled.file(), (f) => target.fileConn(f))
  expect([bound.localAddr.toString(), bound.localAddr.network]).toEqual([server.addr.toString(), 'udp'])
  expect(c.remoteAddr.toString()).toBe(server.addr.toString())
  await c.write(text('abc'))
  const p = new Uint8Array(8)
  const [n, from] = await bound.readFrom(p)
  expect([n, from.toString()]).toEqual([3, dialled.localAddr.toString()])
  await bound.writeTo(text('back'), from)
  expect(await c.read(p)).toBe(4)
  const fixed = (await adopted(await dialled.file(), (f) => target.filePacketConn(f))) as UDPConn
  await expect(fixed.writeTo(p, server.addr)).rejects.toMatchObject({ code: 'ERR_WRITE_TO_CONNECTED' })
  await closeAll(server, dialled, bound, c, fixed)
})

test('filePacketConn() recognises Unix datagrams', async () => {
  const a = listenUnixgramSync('unixgram', new UnixAddr(unused(), 'unixgram'))
  const b = (await adopted(await a.file(), (f) => target.filePacketConn(f))) as UnixConn
  await b.writeTo(text('self'), a.localAddr)
  const [n, from] = await a.readFrom(new Uint8Array(8))
  expect([n, from]).toEqual([4, a.localAddr])
  await closeAll(a, b)
})

test.each(['unix', 'unixpacket'] as const)(
  'fileListener() of %s accepts, and leaves the file alone',
  async (network) => {
    const path = unused()
    const first = listenUnixSync(network, new UnixAddr(path, network))
    first.setUnlinkOnClose(false)
    const second = (await adopted(await first.file(), (f) => target.fileListener(f))) as UnixListener
    await first.close()
    expect([second.addr.name, second.addr.network]).toEqual([path, network])
    const [c, s] = await Promise.all([target.dialUnix(network, null, second.addr), second.accept()])
    await c.write(text('abc'))
    expect(await s.read(new Uint8Array(8))).toBe(3)
    expect(s.localAddr.network).toBe(network)
    await closeAll(c, s, second)
    expect(existsSync(path)).toBe(true)
  },
)

test('a FileHandle and a bare descriptor are files too', async () => {
  const [a, b] = socketPair()
  const f = await a.file()
  const c = await target.fileConn({ fd: f.fd })
  await c.write(text('abc'))
  expect(await b.read(new Uint8Array(8))).toBe(3)
  const handle = await open('/dev/null')
  const fd = handle.fd
  await expect(target.fileConn(handle)).rejects.toThrow(
    `file file+net fd ${fd}: getsockopt: socket operation on non-socket`,
  )
  await handle.close()
  await expect(target.fileConn(handle)).rejects.toThrow('file file+net fd -1: fcntl: bad file descriptor')
  await closeAll(a, b, c, f)
})

const groups = ['fileConn', 'fileListener', 'filePacketConn'] as const

test.each(groups)('%s() refuses what is no socket in Go’s words and leaves it as it was', async (method) => {
  const fd = openSync('/dev/null', 'r')
  const before = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
  await expect(target[method](newFile(fd, '/dev/null'))).rejects.toMatchObject({
    message: 'file file+net /dev/null: getsockopt: socket operation on non-socket',
    op: 'file',
    net: 'file+net',
    source: null,
    code: 'ENOTSOCK',
    syscall: 'getsockopt',
  })
  expect(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')).toBe(before)
  closeSync(fd)
  await expect(target[method](newFile(fd, 'gone'))).rejects.toMatchObject({
    message: 'file file+net gone: fcntl: bad file descriptor',
    code: 'EBADF',
  })
  for (const wrong of [{}, { fd: 'text' }, { fd: 1.5 }]) {
    await expect(target[method](wrong as FileLike)).rejects.toThrow(TypeError)
  }
})

const noRaw = await target.listenIP('ip4:icmp', null).then(
  async (c) => {
    await c.close()
    return ''
  },
  (e: unknown) => `raw IP is not allowed here: ${(e as NodeJS.ErrnoException).code ?? ''}`,
)

test.skipIf(noRaw !== '')(`fileConn() and filePacketConn() recognise raw IP ${noRaw}`, async () => {
  const to = new IPAddr(loopback)
  const first = await target.dialIP('ip4:253', null, to) // RFC 3692: for experiments
  const c = (await adopted(await first.file(), (f) => target.fileConn(f))) as IPConn
  const all = await target.listenIP('ip4:253', to)
  const p = (await adopted(await all.file(), (f) => target.filePacketConn(f))) as IPConn
  expect([c.localAddr.network, c.remoteAddr.toString()]).toEqual(['ip', '127.0.0.1'])
  expect([p.localAddr.toString(), p.remoteAddr.toString()]).toEqual(['127.0.0.1', ''])
  await expect(c.writeTo(text('no'), to)).rejects.toThrow('use of WriteTo with pre-connected connection')
  await c.write(text('payload'))
  const into = new Uint8Array(32)
  const [n, from] = await p.readFrom(into)
  expect([new TextDecoder().decode(into.subarray(0, n)), from.toString()]).toEqual(['payload', '127.0.0.1'])
  await closeAll(first, c, all, p)
})

test('sockets of another kind than asked for, or that the package does not know, are refused', async () => {
  const l = listenTCPSync('tcp', null)
  const u = listenUDPSync('udp', null)
  const [a, b] = socketPair()
  const [lf, uf, af] = await Promise.all([l.file(), u.file(), a.file()])
  for (const refused of [
    () => target.fileConn(lf),
    () => target.filePacketConn(lf),
    () => target.fileListener(uf),
    () => target.fileListener(af),
    () => target.filePacketConn(af),
  ]) {
    await expect(refused()).rejects.toMatchObject({ op: 'file', net: 'file+net', code: 'EINVAL' })
  }
  await expect(target.fileListener(uf)).rejects.toThrow(`file file+net ${uf.name}: invalid argument`)
  const AF_NETLINK = 16
  const netlink = newFile(socket(AF_NETLINK, abi.SOCK_RAW | abi.SOCK_CLOEXEC, 0), 'netlink')
  for (const method of groups) {
    await expect(target[method](netlink)).rejects.toThrow('file file+net netlink: protocol not supported')
  }
  await closeAll(l, u, a, b, lf, uf, af, netlink)
})

test('a socket that never was connected is a connection whose use is the kernel’s error', async () => {
  const fd = socket(abi.AF_INET, abi.SOCK_STREAM | abi.SOCK_CLOEXEC, 0)
  const c = await target.fileConn({ fd })
  closeFD(fd)
  await expect(c.read(new Uint8Array(1))).rejects.toMatchObject({ code: 'ENOTCONN' })
  await c.close()
})

test('a connection that a worker thread makes of a descriptor closes with the thread, and the descriptor stays', async () => {
  const [a, b] = socketPair()
  const f = await a.file()
  await a.close()
  const closed = ledger(keepLeaks())
  const worker = new Worker(
    `const { posix } = await import('@net/posix')
     const { parentPort, workerData } = await import('node:worker_threads')
     const c = await posix().fileConn({ fd: workerData })
     await c.write(new TextEncoder().encode('here'))
     await c.read(new Uint8Array(1))`,
    { eval: true, execArgv: ['--input-type=module'], workerData: f.fd },
  )
  expect(await b.read(new Uint8Array(8))).toBe(4)
  await worker.terminate()
  await closed()
  expect(fstatSync(f.fd).isSocket()).toBe(true)
  await f.close()
  expect(await b.read(new Uint8Array(8))).toBe(null)
  await b.close()
})
