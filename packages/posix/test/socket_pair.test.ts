import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { UnixAddr } from '@net/addr'
import type { UnixNetwork } from '@net/contract'
import { ledger, testConn } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { hosted, listenTCPSync, peerCred, posix, socketPair } from '../src/index.ts'
import { parsePeerCred, peerCredLayouts } from '../src/sock/peer_cred.ts'
import { constants } from './constants.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const { getuid, getgid } = process
const self = { pid: process.pid, uid: getuid?.() ?? -1, gid: getgid?.() ?? -1 }

testConn(
  { test },
  () => {
    const [c1, c2] = socketPair()
    const stop = async (): Promise<void> => {
      await c1.close()
      await c2.close()
    }
    return Promise.resolve({ c1, c2, stop })
  },
  {
    label: 'unix, a pair',
    network: 'unix',
    halfClose: true,
    byteStreams: true,
    liveness: {
      script: "import { socketPair } from '@net/posix'\nconst [c1, c2] = socketPair()",
      cwd: import.meta.dirname,
    },
  },
)

test.each(['unix', 'unixgram', 'unixpacket'] as const)(
  'socketPair(%j) has no names, and this process as peer',
  (n) => {
    const [a, b] = socketPair(n)
    using _a = a
    using _b = b
    expect([a.localAddr.name, a.remoteAddr.name, a.localAddr.network]).toEqual(['', '', n])
    expect(peerCred(a)).toEqual(self)
    expect(peerCred(b)).toEqual(self)
  },
)

test('socketPair() of a network that is none is Go’s error', () => {
  expect(() => socketPair('tcp' as UnixNetwork)).toThrow('socketpair tcp: unknown network tcp')
  expect(() => socketPair('constructor' as UnixNetwork)).toThrow('unknown network constructor')
})

test('peerCred() of a connection that was closed is an error of it', async () => {
  const [a, b] = socketPair()
  await a.close()
  expect(() => peerCred(a)).toThrow('get unix : use of closed network connection')
  await b.close()
})

test('peerCred() of the host’s connections is refused by their target', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'net-cred-')), 's')
  const listener = await hosted().listenUnix('unix', new UnixAddr(path, 'unix'))
  const [c, s] = await Promise.all([hosted().dialUnix('unix', null, listener.addr), listener.accept()])
  expect(() => peerCred(c)).toThrow(expect.objectContaining({ code: 'EWINDOWS' }) as Error)
  await Promise.all([c.close(), s.close(), listener.close()])
  rmSync(dirname(path), { recursive: true })
})

test('peerCred() names the process that dialled', async () => {
  const listener = await posix().listenUnix('unix', new UnixAddr('', 'unix'))
  const [c, s] = await Promise.all([posix().dialUnix('unix', null, listener.addr), listener.accept()])
  expect(peerCred(s)).toEqual(self)
  expect(peerCred(c)).toEqual(self)
  await Promise.all([c.close(), s.close(), listener.close()])
})

test.each(Object.entries(peerCredLayouts))('parsePeerCred() reads what %s writes', (name, layout) => {
  const bytes = new Uint8Array(layout.size)
  const view = new DataView(bytes.buffer)
  view.setUint32(layout.uid, 1000, true)
  view.setUint32(layout.gid, 100, true)
  if (layout.pid !== null) view.setInt32(layout.pid, 4242, true)
  expect(parsePeerCred(bytes, layout)).toEqual({ pid: layout.pid === null ? 0 : 4242, uid: 1000, gid: 100 })
  const known = constants(name, 'amd64').constants
  if (known.SO_PEERCRED !== undefined)
    expect([layout.level, layout.name]).toEqual([known.SOL_SOCKET, known.SO_PEERCRED])
})

test('a pair made in a worker thread closes with it', async () => {
  const closed = ledger(keepLeaks())
  const worker = new Worker(
    `const { socketPair } = await import('@net/posix')
     const { parentPort } = await import('node:worker_threads')
     const pairs = ['unix', 'unixgram', 'unixpacket'].map((n) => socketPair(n))
     void pairs[0][0].read(new Uint8Array(1))
     parentPort.postMessage('made')`,
    { eval: true, execArgv: ['--input-type=module'] },
  )
  expect(await once(worker, 'message')).toEqual(['made'])
  await worker.terminate()
  await closed()
})
