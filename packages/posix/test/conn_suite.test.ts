import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, test } from 'vitest'
import { parseIP, TCPAddr, UnixAddr } from '@net/addr'
import type { Conn, TCPConn, TCPNetwork } from '@net/contract'
import { ledger, testConn, type ConnPair } from '@net/contract/suite'
import { listenTCPSync, listenUnixSync, posix } from '../src/index.ts'

const target = posix()
let check: () => Promise<void>
const dir = mkdtempSync(join(tmpdir(), 'net-posix-'))

beforeAll(async () => {
  // The first socket opens the thread's epoll descriptor, which stays.
  await listenTCPSync('tcp', null).close()
  check = ledger()
})

afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

async function tcpPair(network: TCPNetwork, host: string): Promise<ConnPair> {
  const listener = listenTCPSync(network, new TCPAddr(parseIP(host), 0))
  const [c1, c2] = await Promise.all([target.dialTCP(network, null, listener.addr), listener.accept()])
  await listener.close()
  return pair(c1, c2)
}

function pair(c1: Conn, c2: Conn): ConnPair {
  return {
    c1,
    c2,
    async stop() {
      await c1.close()
      await c2.close()
    },
  }
}

const stream = { halfClose: true, byteStreams: true }

function reset(c: Conn): Promise<void> {
  ;(c as TCPConn).setLinger(0)
  return c.close()
}

const tcpScript = `
import { listenTCPSync, posix } from '@net/posix'
import { parseIP, TCPAddr } from '@net/addr'
const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
const [c1, c2] = await Promise.all([posix().dialTCP('tcp', null, listener.addr), listener.accept()])
await listener.close()
`

testConn({ test }, () => tcpPair('tcp', '127.0.0.1'), {
  ...stream,
  label: 'tcp over IPv4',
  network: 'tcp',
  reset,
  liveness: { script: tcpScript, cwd: import.meta.dirname },
})

testConn({ test }, () => tcpPair('tcp6', '::1'), { ...stream, label: 'tcp6', network: 'tcp6', reset })

testConn(
  { test },
  async () => {
    // An IPv4 client of a listener on every address of both families.
    const listener = listenTCPSync('tcp', null)
    const addr = new TCPAddr(parseIP('127.0.0.1'), listener.addr.port)
    const [c1, c2] = await Promise.all([target.dialTCP('tcp4', null, addr), listener.accept()])
    await listener.close()
    return pair(c2, c1)
  },
  { ...stream, label: 'dual stack', reset },
)

let count = 0

testConn(
  { test },
  async () => {
    const listener = listenUnixSync('unix', new UnixAddr(join(dir, `s${count++}`), 'unix'))
    const [c1, c2] = await Promise.all([target.dialUnix('unix', null, listener.addr), listener.accept()])
    await listener.close()
    return pair(c1, c2)
  },
  { ...stream, label: 'unix', network: 'unix' },
)
