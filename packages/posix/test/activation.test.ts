import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseIP, TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import {
  filesFromEnvironment,
  handOver,
  listenersFromEnvironment,
  listenTCPSync,
  listenUDPSync,
  listenUnixgramSync,
  listenUnixSync,
  newFile,
  posix,
  socketPair,
  socketsFromEnvironment,
} from '../src/index.ts'
import { missing, Peer } from './peer.ts'

const target = posix()
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const dir = mkdtempSync(join(tmpdir(), 'net-activation-'))
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

const loopback = new TCPAddr(parseIP('127.0.0.1'), 0)
const cwd = import.meta.dirname
const noPython = missing('python3', '--version')

/** Runs a program with sockets handed to it and gives what it prints, read as JSON. */
async function run(sockets: Parameters<typeof handOver>[0], program: string): Promise<unknown> {
  const h = await handOver(sockets, process.execPath, ['--input-type=module', '-e', program])
  h.options.stdio[1] = 'pipe' as 'inherit'
  const child = spawn(h.command, h.args, { ...h.options, cwd })
  await h.close()
  let out = ''
  child.stdout?.on('data', (s: Buffer) => (out += s.toString()))
  await once(child, 'close')
  return JSON.parse(out)
}

const prologue =
  "import { filesFromEnvironment, listenersFromEnvironment, socketsFromEnvironment } from '@net/posix'"

test('listenersFromEnvironment() gives the listeners by name, and all else is closed', async () => {
  const tcp = [listenTCPSync('tcp', loopback), listenTCPSync('tcp', loopback)]
  const unix = listenUnixSync('unix', new UnixAddr(join(dir, 'unix'), 'unix'))
  const udp = listenUDPSync('udp', null)
  const got = await run(
    { web: tcp, local: unix, dns: udp },
    `${prologue}
import { readdirSync, readlinkSync } from 'node:fs'
const listeners = await listenersFromEnvironment()
const sockets = readdirSync('/proc/self/fd').filter((fd) => fd > 2).filter((fd) => { try { return readlinkSync('/proc/self/fd/' + fd).startsWith('socket') } catch { return false } })
console.log(JSON.stringify({
  names: Object.fromEntries([...listeners].map(([name, all]) => [name, all.map((l) => l.addr.toString())])),
  sockets: sockets.length,
  again: (await listenersFromEnvironment()).size,
  left: Object.keys(process.env).filter((name) => name.startsWith('LISTEN_')),
}))
process.exit()`,
  )
  expect(got).toEqual({
    names: { web: tcp.map((l) => l.addr.toString()), local: [unix.addr.name] },
    sockets: 3,
    again: 0,
    left: [],
  })
  await Promise.all([...tcp, unix, udp].map((c) => c.close()))
})

test('socketsFromEnvironment() tells listeners, packet connections, connections and files apart', async () => {
  const listener = listenTCPSync('tcp', loopback)
  const udp = listenUDPSync('udp', new UDPAddr(parseIP('127.0.0.1'), 0))
  const gram = listenUnixgramSync('unixgram', new UnixAddr('', 'unixgram'))
  const [a, b] = socketPair()
  const [c, d] = socketPair('unixgram')
  const none = {
    file: async () => await Promise.resolve(newFile(openSync('/dev/null', 'r'), 'null')),
  }
  const got = await run(
    { listener, udp, gram, pair: a, gramPair: c, none },
    `${prologue}
const all = await socketsFromEnvironment()
console.log(JSON.stringify(all.map(({ kind, name }) => [name, kind])))
process.exit()`,
  )
  expect(got).toEqual([
    ['listener', 'listener'],
    ['udp', 'packetConn'],
    ['gram', 'packetConn'],
    ['pair', 'conn'],
    ['gramPair', 'conn'],
    ['none', 'file'],
  ])
  await Promise.all([listener, udp, gram, a, b, c, d].map((x) => x.close()))
})

test('filesFromEnvironment() gives names where there are none, and close-on-exec descriptors', async () => {
  const listener = listenTCPSync('tcp', loopback)
  const got = await run(
    { '': [listener, listener] },
    `${prologue}
import { readFileSync } from 'node:fs'
const flags = (fd) => parseInt(/^flags:\\s+(\\d+)$/m.exec(readFileSync('/proc/self/fdinfo/' + fd, 'utf8'))[1], 8)
console.log(JSON.stringify(filesFromEnvironment().map((f) => [f.name, f.fd, (flags(f.fd) & 0o2000000) !== 0])))`,
  )
  expect(got).toEqual([
    ['LISTEN_FD_3', 3, true],
    ['LISTEN_FD_4', 4, true],
  ])
  await listener.close()
})

test('variables of another process, and those that make no sense, give nothing', async () => {
  const { env } = process
  const set = (pid: string, fds: string): void => {
    Object.assign(env, { LISTEN_PID: pid, LISTEN_FDS: fds, LISTEN_FDNAMES: 'x' })
  }
  set(String(process.pid + 1), '1')
  expect(filesFromEnvironment()).toEqual([])
  expect(env.LISTEN_FDS, 'they are still the other’s').toBe('1')
  for (const fds of ['', '-1', '1e3', 'x', '0']) {
    set(String(process.pid), fds)
    expect(filesFromEnvironment(), fds).toEqual([])
    expect([env.LISTEN_PID, env.LISTEN_FDS, env.LISTEN_FDNAMES]).toEqual([undefined, undefined, undefined])
  }
  expect(await socketsFromEnvironment()).toEqual([])
  expect((await listenersFromEnvironment()).size).toBe(0)
})

test('a handOver() that fails leaves nothing open', async () => {
  const listener = listenTCPSync('tcp', loopback)
  const closed = listenTCPSync('tcp', loopback)
  await closed.close()
  await expect(handOver({ a: listener, b: closed }, 'true')).rejects.toThrow(
    'use of closed network connection',
  )
  await expect(handOver({ 'a:b': listener }, 'true')).rejects.toThrow(TypeError)
  await listener.close()
})

test.skipIf(noPython !== '')(
  `a Python program that systemd could start takes a handOver() ${noPython}`,
  async () => {
    const listener = listenTCPSync('tcp', loopback)
    const program = `
import os, socket
assert int(os.environ['LISTEN_PID']) == os.getpid()
assert os.environ['LISTEN_FDS'] == '1' and os.environ['LISTEN_FDNAMES'] == 'web'
s = socket.socket(fileno=3)
s.setblocking(True)
c, _ = s.accept()
c.sendall(b'from python ' + c.recv(100))
`
    const h = await handOver({ web: listener }, 'python3', ['-c', program])
    const child = spawn(h.command, h.args, h.options)
    await Promise.all([h.close(), listener.close()])
    const c = await target.dialTCP('tcp', null, listener.addr)
    await c.write(new TextEncoder().encode('hello'))
    const [p] = await Promise.all([answer(c), once(child, 'exit')])
    expect(p).toBe('from python hello')
  },
)

async function answer(c: Awaited<ReturnType<typeof target.dialTCP>>): Promise<string> {
  let text = ''
  const p = new Uint8Array(64)
  for (let n = await c.read(p); n !== null; n = await c.read(p))
    text += new TextDecoder().decode(p.subarray(0, n))
  await c.close()
  return text
}

test('a server under load is replaced twice, by descriptors inherited and passed, and no connection is lost', async () => {
  const CLIENTS = 16
  const EACH = 400 // answers of each server, at least, before the next replaces it
  const LIMIT = 40_000
  const first = new Peer(process.execPath, [join(cwd, 'restart_server.mjs')])
  const started = async (): Promise<[pid: number, port: number]> => {
    const [pid, port, left] = (await first.line()).split(' ')
    expect(left, 'LISTEN_FDS was taken').toBe('none')
    return [Number(pid), Number(port)]
  }
  const [pid, port] = await started()
  const at = new TCPAddr(parseIP('127.0.0.1'), port)
  const pids = [pid]
  const answers = new Map<number, number>()
  const enough = new Map<number, () => void>()
  const served = (by: number): Promise<void> =>
    new Promise((resolve) => {
      enough.set(by, resolve)
    })
  let asked = 0
  let stop = false
  const client = async (): Promise<void> => {
    while (!stop && asked < LIMIT) {
      const question = `question ${asked++}`
      const c = await target.dialTCP('tcp', null, at)
      await c.write(new TextEncoder().encode(question))
      const [by = '', ...rest] = (await answer(c)).split(' ')
      expect(rest.join(' ')).toBe(question)
      const n = (answers.get(Number(by)) ?? 0) + 1
      answers.set(Number(by), n)
      if (n >= EACH) enough.get(Number(by))?.()
    }
  }
  const load = Promise.all(Array.from({ length: CLIENTS }, client))
  const scenario = async (): Promise<void> => {
    for (const signal of ['SIGUSR2', 'SIGUSR1'] as const) {
      const current = pids.at(-1) ?? 0
      await served(current)
      process.kill(current, signal)
      const [next, same] = await started()
      expect(same).toBe(port)
      pids.push(next)
    }
    await served(pids.at(-1) ?? 0)
    stop = true
  }
  await Promise.all([scenario(), load])
  process.kill(pids.at(-1) ?? 0, 'SIGTERM')
  await expect(first.line(), 'the last process has ended').rejects.toThrow('the program ended')
  expect(await first.ended()).toBe(0)
  expect(new Set(pids).size).toBe(3)
  expect([...answers.values()].reduce((a, b) => a + b)).toBe(asked)
  expect(pids.map((by) => (answers.get(by) ?? 0) >= EACH)).toEqual([true, true, true])
})
