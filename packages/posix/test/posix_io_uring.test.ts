import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, test } from 'vitest'
import { parseIP, TCPAddr } from '@net/addr'
import type { Conn } from '@net/contract'
import { ledger, testConn, testTarget } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, posix, socketPair } from '../src/index.ts'
import { noRing } from './ring.ts'

// The first socket opens the thread's epoll descriptor, which stays.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const dir = mkdtempSync(join(tmpdir(), 'net-io-uring-'))

afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

async function closed(...conns: Conn[]): Promise<void> {
  await Promise.all(conns.map((c) => c.close()))
}

describe.skipIf(noRing !== '')(`every call of a turn by io_uring ${noRing}`, () => {
  const target = posix(noRing === '' ? { engine: 'io_uring' } : {})
  let count = 0
  testTarget({ test }, target, {
    tcp4: true,
    tcp6: true,
    udp4: true,
    udp6: true,
    unix: () => join(dir, `s${count++}`),
  })

  testConn(
    { test },
    async () => {
      const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
      const [c1, c2] = await Promise.all([target.dialTCP('tcp', null, listener.addr), listener.accept()])
      await listener.close()
      return { c1, c2, stop: () => closed(c1, c2) }
    },
    { label: 'tcp', network: 'tcp', halfClose: true, byteStreams: true },
  )

  testConn(
    { test },
    () => {
      const [c1, c2] = socketPair()
      return Promise.resolve({ c1, c2, stop: () => closed(c1, c2) })
    },
    { label: 'a pair of Unix sockets', network: 'unix', halfClose: true, byteStreams: true },
  )
})
