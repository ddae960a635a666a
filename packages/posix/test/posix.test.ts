import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
import type { Conn } from '@net/contract'
import {
  ledger,
  testConn,
  testListener,
  testPacketConn,
  testTarget,
  type ConnPair,
  udpPair,
} from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, listenUDPSync, posix } from '../src/index.ts'

const target = posix()
// The first socket opens the thread's epoll descriptor, which stays.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const dir = mkdtempSync(join(tmpdir(), 'net-posix-'))

afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

let count = 0
testTarget({ test }, target, {
  tcp4: true,
  tcp6: true,
  udp4: true,
  udp6: true,
  unix: () => join(dir, `s${count++}`),
})

function pair(c1: Conn, c2: Conn): ConnPair {
  const stop = async (): Promise<void> => {
    await c1.close()
    await c2.close()
  }
  return { c1, c2, stop }
}

const loopback = parseIP('127.0.0.1')

testConn(
  { test },
  async () => {
    const listener = listenTCPSync('tcp', null)
    const addr = new TCPAddr(loopback, listener.addr.port)
    const [c1, c2] = await Promise.all([listener.accept(), target.dialTCP('tcp4', null, addr)])
    await listener.close()
    return pair(c1, c2)
  },
  { label: 'tcp from IPv4 to every address', halfClose: true, byteStreams: true },
)

testConn({ test }, () => udpPair(target, 'udp', loopback), {
  label: 'udp, connected',
  kind: 'datagram',
  network: 'udp',
})

// What keeps a process alive is asked of the package as users have it.
const prologue = `
import { listenTCPSync, listenUDPSync, posix } from '@net/posix'
import { parseIP, TCPAddr, UDPAddr } from '@net/addr'
const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
`
const cwd = import.meta.dirname

testConn(
  { test },
  async () => {
    const listener = listenTCPSync('tcp', new TCPAddr(loopback, 0))
    const [c1, c2] = await Promise.all([target.dialTCP('tcp', null, listener.addr), listener.accept()])
    await listener.close()
    return pair(c1, c2)
  },
  {
    label: 'tcp',
    network: 'tcp',
    halfClose: true,
    byteStreams: true,
    liveness: {
      script: `${prologue}
const [c1, c2] = await Promise.all([posix().dialTCP('tcp', null, listener.addr), listener.accept()])
await listener.close()`,
      cwd,
    },
  },
)

testListener(
  { test },
  () => {
    const listener = listenTCPSync('tcp', new TCPAddr(loopback, 0))
    const dialled: Conn[] = []
    return Promise.resolve({
      listener,
      async dial() {
        const c = await target.dialTCP('tcp', null, listener.addr)
        dialled.push(c)
        return c
      },
      async stop() {
        await listener.close()
        for (const c of dialled) await c.close()
      },
    })
  },
  { label: 'tcp', network: 'tcp', liveness: { script: prologue, cwd } },
)

testPacketConn(
  { test },
  () => {
    const p1 = listenUDPSync('udp', new UDPAddr(loopback, 0))
    const p2 = listenUDPSync('udp', new UDPAddr(loopback, 0))
    const stop = async (): Promise<void> => {
      await p1.close()
      await p2.close()
    }
    return Promise.resolve({ p1, p2, stop })
  },
  {
    label: 'udp',
    network: 'udp',
    liveness: {
      script: `${prologue}
await listener.close()
const p1 = listenUDPSync('udp', new UDPAddr(parseIP('127.0.0.1'), 0))`,
      cwd,
    },
  },
)

test('a UDP socket on every address of both families answers IPv4 and IPv6 senders', async () => {
  const all = listenUDPSync('udp', null)
  for (const [network, host] of [
    ['udp4', '127.0.0.1'],
    ['udp6', '::1'],
  ] as const) {
    const c = await target.dialUDP(network, null, new UDPAddr(parseIP(host), all.addr.port))
    await c.write(Uint8Array.of(1, 2, 3))
    const p = new Uint8Array(8)
    const [n, from] = await all.readFrom(p)
    expect([n, from.toString()]).toEqual([3, c.localAddr.toString()])
    await all.writeTo(p.subarray(0, 2), from)
    expect(await c.read(p)).toBe(2)
    await c.close()
  }
  await all.close()
})
