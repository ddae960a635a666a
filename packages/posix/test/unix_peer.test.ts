import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { UnixAddr } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, listenUnixgramSync, listenUnixSync, peerCred, posix } from '../src/index.ts'
import { missing, Peer, python } from './peer.ts'

const target = posix()
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const dir = mkdtempSync(join(tmpdir(), 'net-unix-peer-'))
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

const text = (s: string): Uint8Array => new TextEncoder().encode(s)
const gram = (name: string): UnixAddr => new UnixAddr(name, 'unixgram')
const noPython = missing('python3', '--version')
const noSocat = missing('socat', '-V')
const noNotify = missing('systemd-notify', '--version')
const noLogger = missing('logger', '--version')

test.skipIf(noPython !== '').each([join(dir, 'notify'), '@net-test-notify'])(
  `a service manager of Python takes a message on its NOTIFY_SOCKET %s ${noPython}`,
  async (name) => {
    await using peer = python(
      `
import array, socket, struct, sys
name = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind('\\0' + name[1:] if name[0] == '@' else name)
print('bound')
data, control, flags, addr = s.recvmsg(4096, 4096)
pid, uid, gid = struct.unpack('3i', control[0][2])
print(repr(data), pid)
`,
      [name],
    )
    expect(await peer.line()).toBe('bound')
    const c = await target.dialUnix('unixgram', null, gram(name))
    await c.write(text('READY=1\nSTATUS=Serving'))
    await c.close()
    expect(await peer.line()).toBe(`b'READY=1\\nSTATUS=Serving' ${process.pid}`)
    expect(await peer.ended()).toBe(0)
  },
)

test.skipIf(noNotify !== '')(`systemd-notify is heard on a NOTIFY_SOCKET of ours ${noNotify}`, async () => {
  const c = listenUnixgramSync('unixgram', gram(join(dir, 'manager')))
  c.setUnlinkOnClose(true)
  const env = { ...process.env, NOTIFY_SOCKET: c.addr.name }
  const child = spawn('systemd-notify', ['--ready', '--status=up'], { env, stdio: 'ignore' })
  const [p] = await c.receive()
  expect(new TextDecoder().decode(p)).toMatch(/READY=1\nSTATUS=up|STATUS=up\nREADY=1/)
  // Newer ones wait until a second message, which brings a descriptor, is taken.
  if (child.exitCode === null) await Promise.race([once(child, 'exit'), c.receive().catch(() => {})])
  await c.close()
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
})

test.skipIf(noSocat !== '')(
  `a syslog line is read by socat on a socket like /dev/log ${noSocat}`,
  async () => {
    const path = join(dir, 'log')
    await using peer = new Peer('socat', ['-u', `UNIX-RECV:${path}`, 'STDOUT'])
    await until(() => existsSync(path))
    const c = await target.dialUnix('unixgram', null, gram(path))
    await c.write(text('<13>Nov 23 15:00:00 net[1]: first line\n'))
    await c.writeMsgUnix(text('<11>Nov 23 15:00:01 net[1]: second line\n'), new Uint8Array(0), null)
    await c.close()
    expect(await peer.line()).toBe('<13>Nov 23 15:00:00 net[1]: first line')
    expect(await peer.line()).toBe('<11>Nov 23 15:00:01 net[1]: second line')
  },
)

test.skipIf(noLogger !== '')(`logger is heard on a socket like /dev/log of ours ${noLogger}`, async () => {
  const c = listenUnixgramSync('unixgram', gram(join(dir, 'devlog')))
  execFileSync('logger', ['--socket', c.addr.name, '--priority', 'user.notice', '--tag', 'net', 'hello'])
  const [p, from] = await c.receive()
  expect(new TextDecoder().decode(p)).toMatch(/^<13>.* net: hello$/)
  expect(from.name).toBe('')
  await c.close()
})

test.skipIf(noSocat !== '')(
  `socat sends datagrams from a named socket and gets the answer ${noSocat}`,
  async () => {
    const [at, from] = [join(dir, 'server'), join(dir, 'client')]
    const c = listenUnixgramSync('unixgram', gram(at))
    const child = spawn('socat', ['-t', '10', '-', `UNIX-SENDTO:${at},bind=${from}`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.stdin.write('question')
    const [p, who] = await c.receive()
    expect([new TextDecoder().decode(p), who.name]).toEqual(['question', from])
    await c.writeTo(text('answer'), who)
    expect(String((await once(child.stdout, 'data'))[0])).toBe('answer')
    child.kill()
    await once(child, 'exit')
    await c.close()
  },
)

test.skipIf(noPython !== '')(
  `records are kept between a Python program and a unixpacket listener ${noPython}`,
  async () => {
    const listener = listenUnixSync('unixpacket', new UnixAddr(join(dir, 'packet'), 'unixpacket'))
    await using peer = python(
      `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
print(os.getpid(), os.getuid(), os.getgid())
for record in (b'one', b'three', b'x' * 5000): s.send(record)
print([len(s.recv(10000)) for _ in range(3)])
s.shutdown(socket.SHUT_WR)
s.recv(1)
`,
      [listener.addr.name],
    )
    const c = await listener.accept()
    const { pid, uid, gid } = peerCred(c)
    expect(await peer.line()).toBe(`${pid} ${uid} ${gid}`)
    const p = new Uint8Array(10_000)
    expect([await c.read(p), await c.read(p), await c.read(p)]).toEqual([3, 5, 5000])
    for (const n of [1, 2, 3]) await c.write(new Uint8Array(n))
    expect(await peer.line()).toBe('[1, 2, 3]')
    expect(await c.read(p)).toBe(null)
    await Promise.all([c.close(), listener.close()])
    expect(await peer.ended()).toBe(0)
  },
)

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}
