import { closeSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { UnixAddr } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, listenUnixgramSync, listenUnixSync, parseUnixRights, posix } from '../src/index.ts'
import { missing, python } from './peer.ts'

// Names without files, and descriptors that nobody has room for, with a program in Python at the other end.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const none = missing('python3', '--version')
const text = (s: string): Uint8Array => new TextEncoder().encode(s)
const decode = (p: Uint8Array): string => new TextDecoder().decode(p)

test.skipIf(none !== '')(
  `abstract names with NULs in them are the same to a Python program ${none}`,
  async () => {
    const name = `net\0nul\0${process.pid}`
    const listener = listenUnixSync('unix', new UnixAddr(`@${name}`, 'unix'))
    expect(listener.addr.name).toBe(`@${name}`)
    await using peer = python(`
import socket
name = b'\\x00net\\x00nul\\x00${process.pid}'
server = socket.socket(socket.AF_UNIX)
server.bind(name + b'\\x00theirs')
server.listen()
s = socket.socket(socket.AF_UNIX)
s.bind(name + b'\\x00client')
s.connect(name)
print(s.getpeername() == name)
c, addr = server.accept()
print(addr == name + b'\\x00ours')
s.recv(1)`)
    const c = await listener.accept()
    expect(c.remoteAddr.name).toBe(`@${name}\0client`)
    expect(await peer.line()).toBe('True')
    const to = new UnixAddr(`@${name}\0theirs`, 'unix')
    const d = await posix().dialUnix('unix', new UnixAddr(`\0${name}\0ours`, 'unix'), to)
    expect(await peer.line()).toBe('True')
    await Promise.all([c.close(), d.close(), listener.close()])
    expect(await peer.ended()).toBe(0)
  },
)

test.skipIf(none !== '')(
  `a name of the kernel’s choice is one that a Python program answers to ${none}`,
  async () => {
    await using peer = python(`
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('')
print(s.getsockname()[1:].decode())
p, addr = s.recvfrom(100)
print(addr[1:].decode())
s.sendto(b're: ' + p, addr)`)
    const c = listenUnixgramSync('unixgram', new UnixAddr('', 'unixgram'))
    c.setReadTimeout(20_000)
    expect(c.localAddr.name).toMatch(/^@[0-9a-f]{5}$/)
    await c.writeTo(text('hello'), new UnixAddr(`@${await peer.line()}`, 'unixgram'))
    expect(`@${await peer.line()}`).toBe(c.localAddr.name)
    expect(decode((await c.receive())[0])).toBe('re: hello')
    expect(await peer.ended()).toBe(0)
    await c.close()
  },
)

test.skipIf(none !== '')(
  `descriptors of a Python program that find no room are closed, the others are the receiver’s ${none}`,
  async () => {
    const listener = listenUnixSync('unix', new UnixAddr('', 'unix'))
    await using peer = python(
      `
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect('\\0' + sys.argv[1][1:])
r, w = os.pipe()
socket.send_fds(s, [b'many'], [w] * 20)
os.close(w)
s.sendall(b'plain')
print(len(os.read(r, 1)))  # ends when nobody holds the other end`,
      [listener.addr.name],
    )
    const c = await listener.accept()
    const [p, oob] = [new Uint8Array(4), new Uint8Array(32)]
    const { n, oobn, flags } = await c.readMsgUnix(p, oob)
    const MSG_CTRUNC = 8
    expect([n, flags & MSG_CTRUNC]).toEqual([4, MSG_CTRUNC])
    const fds = parseUnixRights(oob.subarray(0, oobn))
    expect(fds.length).toBeGreaterThan(0)
    const rest = new Uint8Array(16)
    expect(decode(rest.subarray(0, (await c.read(rest)) ?? 0))).toBe('plain')
    for (const fd of fds) closeSync(fd)
    expect(await peer.line()).toBe('0')
    expect(await peer.ended()).toBe(0)
    await Promise.all([c.close(), listener.close()])
  },
)
