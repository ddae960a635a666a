import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { UDPAddr } from '@net/addr'
import type { TCPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, listenUDPSync, posix, socketPair } from '../src/index.ts'
import { abi } from '../src/abi/system.ts'
import { Connected, loopback, pattern, readAll } from './connected.ts'
import { missing, python } from './peer.ts'

// A blocking call of a socket stops the whole thread, so a test that fails here does not end by itself.

const target = posix()
// The thread's poller is made by the first that waits, and stays.
await (await Connected.dial())[Symbol.asyncDispose]()
const check = ledger(keepLeaks())
afterAll(() => check())

/** Lets the event loop turn a hundred times, which it cannot while a system call waits. */
async function turns(): Promise<void> {
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Whether the open file of a descriptor of this process is non-blocking. */
function isNonblocking(fd: number): boolean {
  const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))
  return (Number.parseInt(flags?.[1] ?? '0', 8) & abi.O_NONBLOCK) !== 0
}

/** Lets a program have a connection for its standard input, as inetd's do, and ends it. */
async function lend(conn: TCPConn): Promise<void> {
  await using file = await conn.file()
  expect(isNonblocking(file.fd)).toBe(true)
  const child = spawn('cat', [], { stdio: [file.fd, 'ignore', 'ignore'] })
  await once(child, 'spawn')
  const exit = once(child, 'exit')
  child.kill()
  await exit
  // The host's spawn has made it blocking, for all who have it and for good.
  expect(isNonblocking(file.fd)).toBe(false)
}

describe('on a connection that was the standard input of a child, which makes it blocking,', () => {
  test('a read waits without the thread', async () => {
    await using pair = await Connected.dial()
    await lend(pair.c)
    const reading = pair.c.read(new Uint8Array(8))
    await turns()
    await pair.s.write(Uint8Array.of(1))
    expect(await reading).toBe(1)
  })

  test.each([
    ['write', (c: TCPConn, p: Uint8Array) => c.write(p)],
    ['writev', (c: TCPConn, p: Uint8Array) => c.writev([p.subarray(0, 9), p.subarray(9)])],
  ])('a %s waits without the thread', async (_name, write) => {
    await using pair = await Connected.dial()
    await lend(pair.c)
    const p = pattern(32 << 20)
    const writing = write(pair.c, p)
    await turns()
    const reading = readAll(pair.s)
    expect(await writing).toBe(p.byteLength)
    await pair.c.closeWrite()
    expect((await reading).equals(p)).toBe(true)
  })

  test('sendFile of a file waits without the thread', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'net-shared-'))
    const path = join(dir, 'file')
    const p = pattern(32 << 20)
    writeFileSync(path, p)
    await using pair = await Connected.dial()
    await lend(pair.c)
    const source = await open(path)
    const sending = pair.c.sendFile(source)
    await turns()
    const reading = readAll(pair.s)
    expect(await sending).toBe(p.byteLength)
    await pair.c.closeWrite()
    expect((await reading).equals(p)).toBe(true)
    await source.close()
    rmSync(dir, { recursive: true })
  })

  test('sendFile from the connection waits without the thread', async () => {
    await using from = await Connected.dial()
    await using to = await Connected.dial()
    await lend(from.c)
    const sending = to.c.sendFile(from.c)
    await turns()
    await from.s.write(Uint8Array.of(1, 2, 3))
    expect(await to.s.read(new Uint8Array(8))).toBe(3)
    await turns()
    await from.s.closeWrite()
    expect(await sending).toBe(3)
  })
})

const SET_BLOCKING = `
import socket, sys
s = socket.socket(fileno=3)
s.setblocking(True)
print("blocking")
sys.stdin.read()
`

describe.skipIf(missing('python3', '--version') !== '')('what a Python program makes blocking', () => {
  test('is accepted from without the thread, by a listener that gave it away and by one that was adopted', async () => {
    await using listener = listenTCPSync('tcp', loopback)
    await using file = await listener.file()
    await using adopted = await target.fileListener(file)
    await using program = python(SET_BLOCKING, [], [file.fd])
    expect(await program.line()).toBe('blocking')
    for (const l of [listener, adopted]) {
      const accepting = l.accept()
      await turns()
      await using dialled = await target.dialTCP('tcp', null, listener.addr)
      await using accepted = await accepting
      expect(accepted.remoteAddr.toString()).toBe(dialled.localAddr.toString())
      await program.ended()
      const again = l.accept()
      await turns()
      await (await target.dialTCP('tcp', null, listener.addr)).close()
      await (await again).close()
    }
  })

  test('receives and sends datagrams without the thread, one by one and in batches', async () => {
    await using socket = listenUDPSync('udp', new UDPAddr(loopback.ip, 0))
    await using file = await socket.file()
    await using program = python(SET_BLOCKING, [], [file.fd])
    expect(await program.line()).toBe('blocking')
    expect(isNonblocking(file.fd)).toBe(false)
    await using peer = await target.dialUDP('udp', null, socket.localAddr)
    const p = new Uint8Array(8)
    const receives = [
      () => socket.readFrom(p),
      () => socket.readMsgUDP(p, new Uint8Array(64)),
      () => socket.readBatch([{ buffer: p, n: 0, addr: null }]),
      () => socket.receive(),
    ]
    for (const receive of receives) {
      const receiving = receive()
      await turns()
      await peer.write(Uint8Array.of(1))
      await receiving
    }
    expect(isNonblocking(file.fd)).toBe(false) // nobody has repaired it: the calls do not depend on it
  })

  test('sends to a full queue without the thread', async () => {
    const [a, b] = socketPair('unixgram')
    await using _a = a
    await using _b = b
    await using file = await a.file()
    await using program = python(SET_BLOCKING, [], [file.fd])
    expect(await program.line()).toBe('blocking')
    const sends = Array.from({ length: 2000 }, () => a.write(new Uint8Array(512)))
    await turns()
    for (let i = 0; i < sends.length; i++) expect(await b.read(new Uint8Array(512))).toBe(512)
    expect(await Promise.all(sends)).toHaveLength(2000)
  })
})
