import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { UnixAddr } from '@net/addr'
import { ErrWriteToConnected, isErr, type UnixConn, type UnixNetwork } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import {
  listenTCPSync,
  listenUnixgramSync,
  listenUnixSync,
  parseUnixRights,
  posix,
  socketPair,
  unixRights,
} from '../src/index.ts'
import { controlMessages, controlSpace, marshalControl } from '../src/wire/cmsg.ts'
import { giveControl } from '../src/wire/rights.ts'
import { missing, python } from './peer.ts'

const target = posix()
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const dir = mkdtempSync(join(tmpdir(), 'net-rights-'))
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

const MSG_CTRUNC = 0x8
const none = new Uint8Array(0)
const text = (s: string): Uint8Array => new TextEncoder().encode(s)
const kinds: UnixNetwork[] = ['unix', 'unixgram', 'unixpacket']
const noPython = missing('python3', '--version')

function file(content: string): number {
  const path = join(dir, 'file')
  writeFileSync(path, content)
  const fd = openSync(path, 'r')
  rmSync(path)
  return fd
}

function read(fd: number): string {
  const p = new Uint8Array(100)
  return new TextDecoder().decode(p.subarray(0, readSync(fd, p, 0, 100, 0)))
}

function flags(fd: number): number {
  const line = /^flags:\s+0(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
  return parseInt(line?.[1] ?? '', 8)
}

const isOpen = (fd: number): boolean => {
  try {
    fstatSync(fd)
    return true
  } catch {
    return false
  }
}

async function close(...conns: UnixConn[]): Promise<void> {
  await Promise.all(conns.map((c) => c.close()))
}

describe.each(kinds)('over %s', (network) => {
  test('descriptors arrive in order, close-on-exec, and belong to the receiver', async () => {
    const [a, b] = socketPair(network)
    const sent = [file('first'), file('second')]
    const oob = unixRights(...sent)
    expect(await a.writeMsgUnix(text('two'), oob, null)).toEqual({ n: 3, oobn: oob.byteLength })
    sent.forEach(closeSync)
    const [p, control] = [new Uint8Array(10), new Uint8Array(100)]
    const got = await b.readMsgUnix(p, control)
    expect(got).toEqual({ n: 3, oobn: oob.byteLength, flags: 0, addr: new UnixAddr('', network) })
    const fds = parseUnixRights(control.subarray(0, got.oobn))
    expect(fds.map(read)).toEqual(['first', 'second'])
    const O_CLOEXEC = 0o2000000
    expect(fds.map((fd) => flags(fd) & O_CLOEXEC)).toEqual([O_CLOEXEC, O_CLOEXEC])
    await close(a, b)
    expect(fds.map(isOpen)).toEqual([true, true])
    fds.forEach(closeSync)
  })

  test('descriptors without bytes arrive; streams and sequenced packets carry one that is not counted', async () => {
    const [a, b] = socketPair(network)
    const fd = file('alone')
    const oob = unixRights(fd)
    expect(await a.writeMsgUnix(none, oob, null)).toEqual({ n: 0, oobn: oob.byteLength })
    const control = new Uint8Array(64)
    const got = await b.readMsgUnix(none, control)
    expect(got).toMatchObject({ n: 0, oobn: oob.byteLength })
    const fds = parseUnixRights(control.subarray(0, got.oobn))
    expect(fds.map(read)).toEqual(['alone'])
    await a.write(text('next'))
    expect(await b.read(new Uint8Array(10))).toBe(4)
    ;[fd, ...fds].forEach(closeSync)
    await close(a, b)
  })

  test('descriptors that the control buffer has no room for are closed, and MSG_CTRUNC says so', async () => {
    const [a, b] = socketPair(network)
    const fd = file('x')
    const leak = ledger(keepLeaks())
    for (const [room, want] of [
      [0, 0],
      [8, 0],
      [16, 0],
      [19, 0],
      [20, 1],
      [24, 2],
      [31, 3],
      [32, 4],
    ] as const) {
      await a.writeMsgUnix(text('many'), unixRights(fd, fd, fd, fd, fd), null)
      const control = new Uint8Array(room)
      const got = await b.readMsgUnix(new Uint8Array(4), control)
      expect(got, `room for ${room}`).toMatchObject({ n: 4, flags: MSG_CTRUNC })
      const fds = parseUnixRights(control.subarray(0, got.oobn))
      expect(fds.length, `room for ${room}`).toBe(want)
      fds.forEach(closeSync)
      await leak()
    }
    closeSync(fd)
    await close(a, b)
  })

  test('descriptors that nobody asked for are closed by the kernel', async () => {
    const [a, b] = socketPair(network)
    const fd = file('x')
    const leak = ledger(keepLeaks())
    const oob = unixRights(fd)
    await a.writeMsgUnix(text('read'), oob, null)
    expect(await b.read(new Uint8Array(10))).toBe(4)
    await a.writeMsgUnix(text('from'), oob, null)
    expect((await b.readFrom(new Uint8Array(10)))[0]).toBe(4)
    await a.writeMsgUnix(text('receive'), oob, null)
    expect((await b.receive())[0].byteLength).toBe(7)
    await a.writeMsgUnix(text('never read'), oob, null)
    closeSync(fd)
    await close(a, b)
    await leak()
  })

  test('what the kernel refuses is its error, and the connection goes on', async () => {
    const [a, b] = socketPair(network)
    const fd = file('x')
    const closed = file('y')
    closeSync(closed)
    const send = (oob: Uint8Array): Promise<unknown> => a.writeMsgUnix(text('x'), oob, null)
    const wrong = { op: 'write', net: network, syscall: 'sendmsg' }
    const message = `write ${network} ->: sendmsg: `
    await expect(send(unixRights(closed))).rejects.toMatchObject({
      ...wrong,
      code: 'EBADF',
      message: `${message}bad file descriptor`,
    })
    await expect(send(unixRights(fd, 0x7fffffff))).rejects.toMatchObject({ ...wrong, code: 'EBADF' })
    // unix(7): no more than SCM_MAX_FD, 253, at once
    await expect(send(unixRights(...new Array<number>(254).fill(fd)))).rejects.toMatchObject({
      ...wrong,
      code: 'EINVAL',
      message: `${message}invalid argument`,
    })
    for (const garbage of [
      new Uint8Array(16),
      new Uint8Array(40).fill(255),
      unixRights(fd).subarray(0, 18),
    ]) {
      await expect(send(garbage)).rejects.toMatchObject({ ...wrong, code: 'EINVAL' })
    }
    await send(unixRights(...new Array<number>(253).fill(fd)))
    const control = new Uint8Array(controlSpace(4 * 253))
    const got = await b.readMsgUnix(new Uint8Array(4), control)
    expect(got).toMatchObject({ n: 1, flags: 0 })
    const fds = parseUnixRights(control.subarray(0, got.oobn))
    expect(fds.length).toBe(253)
    ;[fd, ...fds].forEach(closeSync)
    await close(a, b)
  })

  test('readMsgUnix() and writeMsgUnix() wait, and end by deadline, signal and close', async () => {
    const [a, b] = socketPair(network)
    const read = (): Promise<unknown> => a.readMsgUnix(new Uint8Array(8), new Uint8Array(64))
    a.setReadDeadline(Date.now() + 20)
    await expect(read()).rejects.toMatchObject({ op: 'read', timeout: true })
    a.setReadDeadline(null)
    const c = new AbortController()
    const cancelled = a.readMsgUnix(new Uint8Array(8), new Uint8Array(64), c)
    c.abort('no')
    await expect(cancelled).rejects.toBe('no')
    const waiting = read()
    await b.write(text('here'))
    expect(await waiting).toMatchObject({ n: 4, oobn: 0 })
    const pending = read()
    const failed = expect(pending).rejects.toMatchObject({ op: 'read', code: 'ERR_CLOSED' })
    await close(a, b)
    await failed
    await expect(a.writeMsgUnix(text('x'), none, null)).rejects.toMatchObject({
      op: 'write',
      code: 'ERR_CLOSED',
    })
    const buffer = 'text' as unknown as Uint8Array
    await expect(a.readMsgUnix(buffer, none)).rejects.toThrow(TypeError)
    await expect(a.readMsgUnix(none, buffer)).rejects.toThrow(TypeError)
    await expect(a.writeMsgUnix(none, buffer, null)).rejects.toThrow(TypeError)
  })
})

test('writeMsgUnix() of a stream writes all of a large buffer, the descriptors with its first byte', async () => {
  const [a, b] = socketPair()
  const large = new Uint8Array(3 << 20).map((_, i) => i % 251)
  const fd = file('with')
  const writing = a.writeMsgUnix(large, unixRights(fd), null)
  const [into, control] = [new Uint8Array(large.byteLength), new Uint8Array(64)]
  const first = await b.readMsgUnix(into, control)
  const fds = parseUnixRights(control.subarray(0, first.oobn))
  expect(fds.map(read)).toEqual(['with'])
  for (let at = first.n ?? 0; at < into.byteLength;)
    at += (await b.read(into.subarray(at))) ?? into.byteLength
  expect(await writing).toMatchObject({ n: large.byteLength })
  expect(Buffer.compare(into, large)).toBe(0)
  ;[fd, ...fds].forEach(closeSync)
  await close(a, b)
})

test('a write with descriptors that times out tells what went', async () => {
  const [a, b] = socketPair()
  const writing = a.writeMsgUnix(new Uint8Array(8 << 20), none, null).catch((x: unknown) => x)
  a.setWriteDeadline(Date.now() + 50)
  const e = await writing
  expect(e).toMatchObject({ timeout: true, op: 'write' })
  expect((e as { n: number }).n).toBeGreaterThan(0)
  await close(a, b)
})

test('writeMsgUnix() of a bound datagram socket sends to an address, and readMsgUnix() tells the sender', async () => {
  const at = (name: string): UnixConn => listenUnixgramSync('unixgram', new UnixAddr(name, 'unixgram'))
  const [a, b] = [at('@net-msg-a'), at('@net-msg-b')]
  const fd = file('to')
  await a.writeMsgUnix(text('x'), unixRights(fd), b.localAddr)
  const control = new Uint8Array(64)
  const got = await b.readMsgUnix(new Uint8Array(8), control)
  expect(got.addr).toEqual(a.localAddr)
  const fds = parseUnixRights(control.subarray(0, got.oobn))
  expect(fds.map(read)).toEqual(['to'])
  await expect(a.writeMsgUnix(text('x'), none, null)).rejects.toMatchObject({ code: 'ENOTCONN' })
  const [c, d] = socketPair('unixgram')
  const e = await c.writeMsgUnix(text('x'), none, b.localAddr).catch((x: unknown) => x)
  expect(isErr(e, ErrWriteToConnected)).toBe(true)
  ;[fd, ...fds].forEach(closeSync)
  await close(a, b, c, d)
})

test('a TCP connection travels over a Unix socket and lives on at its new owner', async () => {
  const listener = listenTCPSync('tcp', null)
  const [c, s] = await Promise.all([target.dialTCP('tcp', null, listener.addr), listener.accept()])
  const [a, b] = socketPair()
  const f = await s.file()
  await a.writeMsgUnix(none, unixRights(f.fd), null)
  await Promise.all([f.close(), s.close()])
  const control = new Uint8Array(64)
  const { oobn } = await b.readMsgUnix(none, control)
  const [fd = -1] = parseUnixRights(control.subarray(0, oobn))
  const adopted = await target.fileConn({ fd })
  closeSync(fd)
  expect(adopted.remoteAddr.toString()).toBe(c.localAddr.toString())
  await c.write(text('hello'))
  const p = new Uint8Array(8)
  expect(await adopted.read(p)).toBe(5)
  await Promise.all([adopted.close(), c.close(), listener.close(), a.close(), b.close()])
})

test('giveControl() keeps whole messages that fit, cuts descriptors, and closes the rest', () => {
  const other = { level: 1, type: 2, data: new Uint8Array(12).fill(9) }
  const fds = [file('a'), file('b'), file('c')]
  const rights = { level: 1, type: 1, data: new Uint8Array(Int32Array.from(fds).buffer) }
  const control = marshalControl([other, rights])
  expect(control.byteLength).toBe(32 + 32)
  const all = new Uint8Array(100)
  expect(giveControl(control, all)).toEqual({ oobn: 64, truncated: false })
  expect(parseUnixRights(all.subarray(0, 64))).toEqual(fds)
  const some = new Uint8Array(54)
  expect(giveControl(control, some)).toEqual({ oobn: 54, truncated: true })
  expect(parseUnixRights(some)).toEqual([fds[0]])
  expect(fds.map(isOpen)).toEqual([true, false, false])
  fds.splice(1, 2)
  const one = marshalControl([other, { ...rights, data: rights.data.subarray(0, 4) }])
  expect(giveControl(one, new Uint8Array(20))).toEqual({ oobn: 0, truncated: true })
  expect(fds.map(isOpen)).toEqual([false])
})

test('descriptors received in a worker thread belong to the program: they outlive the thread', async () => {
  const listener = listenUnixSync('unix', new UnixAddr(join(dir, 'worker'), 'unix'))
  const worker = new Worker(
    `const { parseUnixRights, posix } = await import('@net/posix')
     const { UnixAddr } = await import('@net/addr')
     const { parentPort, workerData } = await import('node:worker_threads')
     const c = await posix().dialUnix('unix', null, new UnixAddr(workerData, 'unix'))
     const oob = new Uint8Array(64)
     const { oobn } = await c.readMsgUnix(new Uint8Array(8), oob)
     parentPort.postMessage(parseUnixRights(oob.subarray(0, oobn))[0])
     await c.read(new Uint8Array(1))`,
    { eval: true, execArgv: ['--input-type=module'], workerData: listener.addr.name },
  )
  const c = await listener.accept()
  const fd = file('worker')
  await c.writeMsgUnix(text('x'), unixRights(fd), null)
  const [got] = (await once(worker, 'message')) as [number]
  await worker.terminate()
  expect(read(got)).toBe('worker')
  ;[fd, got].forEach(closeSync)
  await Promise.all([c.close(), listener.close()])
})

test.skipIf(noPython !== '')(
  `a descriptor is passed to a Python process and another comes back ${noPython}`,
  async () => {
    const listener = listenUnixSync('unix', new UnixAddr(join(dir, 'python'), 'unix'))
    await using peer = python(
      `
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
data, fds, flags, addr = socket.recv_fds(s, 100, 4)
print(data.decode(), os.pread(fds[0], 100, 0).decode(), len(fds))
r, w = os.pipe()
os.write(w, b'from python')
socket.send_fds(s, [b'back'], [r])
s.recv(1)
`,
      [listener.addr.name],
    )
    const c = await listener.accept()
    const fd = file('from node')
    await c.writeMsgUnix(text('there'), unixRights(fd), null)
    closeSync(fd)
    expect(await peer.line()).toBe('there from node 1')
    const [p, control] = [new Uint8Array(8), new Uint8Array(64)]
    const { n, oobn } = await c.readMsgUnix(p, control)
    expect(new TextDecoder().decode(p.subarray(0, n ?? 0))).toBe('back')
    const [pipe = -1] = parseUnixRights(control.subarray(0, oobn))
    const got = new Uint8Array(100)
    expect(new TextDecoder().decode(got.subarray(0, readSync(pipe, got)))).toBe('from python')
    closeSync(pipe)
    await Promise.all([c.close(), listener.close()])
    expect(await peer.ended()).toBe(0)
  },
)

test('giveControl() leaves open exactly the descriptors it gives, whatever the messages and the room', () => {
  const count = fc.integer({ min: 0, max: 5 })
  const plain = fc.uint8Array({ maxLength: 20 })
  fc.assert(
    fc.property(
      fc.array(fc.oneof(count, plain), { maxLength: 4 }),
      fc.integer({ min: 0, max: 120 }),
      (parts, room) => {
        const opened: number[] = []
        const open = (): number => {
          const fd = openSync('/dev/null', 'r')
          opened.push(fd)
          return fd
        }
        const control = marshalControl(
          parts.map((part) =>
            typeof part === 'number'
              ? { level: 1, type: 1, data: new Uint8Array(Int32Array.from({ length: part }, open).buffer) }
              : { level: 7, type: 7, data: part },
          ),
        )
        const oob = new Uint8Array(room)
        const { oobn, truncated } = giveControl(control, oob)
        const given = parseUnixRights(oob.subarray(0, oobn))
        expect(oobn).toBeLessThanOrEqual(room)
        expect(opened.filter(isOpen)).toEqual(given)
        expect(given).toEqual(opened.slice(0, given.length))
        expect(truncated).toBe(
          [...controlMessages(control)].length > [...controlMessages(oob.subarray(0, oobn))].length ||
            given.length < opened.length,
        )
        given.forEach(closeSync)
      },
    ),
  )
})
