import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, expect, test } from 'vitest'
import { parseIP, UDPAddr } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, listenUDPSync, marshalPacketControl, parsePacketInfo } from '../src/index.ts'

// The first socket opens the thread's epoll descriptor, which stays.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const python = spawnSync('python3', ['--version']).status === 0

test.skipIf(!python)(
  `a program in Python gets single, marked, cut and multicast packets, and marks its answers${python ? '' : ' (skipped: no python3)'}`,
  async () => {
    const child = spawn('python3', ['udpsock_peer.py', '7'], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const exit = once(child, 'exit')
    const port = Number((await lines.next()).value)
    const to = new UDPAddr(parseIP('127.0.0.1'), port)

    await using c = listenUDPSync('udp4', new UDPAddr(parseIP('127.0.0.1'), 0))
    c.setReadTimeout(20_000)
    c.setControlMessages({ tos: true })
    await c.writeTo(new Uint8Array(10), to)
    await c.writeMsgUDP(new Uint8Array(11), marshalPacketControl({ tos: 0xb9 }, to), to)
    await c.writeBatch([
      { buffer: new Uint8Array(250), n: 0, addr: to, segmentSize: 100 },
      { buffer: new Uint8Array(12), n: 0, addr: to, oob: marshalPacketControl({ tos: 1 }, to) },
    ])
    c.setMulticastInterface('lo')
    await c.writeTo(new Uint8Array(13), new UDPAddr(parseIP('239.255.77.9'), port))

    const oob = new Uint8Array(64)
    for (let i = 0; i < 7; i++) {
      const { n, oobn, addr } = await c.readMsgUDP(new Uint8Array(10), oob)
      expect([n, addr.toString()]).toEqual([4, to.toString()])
      expect(parsePacketInfo(oob.subarray(0, oobn))).toEqual({ tos: 2 })
    }
    const told = (await lines.next()).value as string
    expect(JSON.parse(told)).toEqual([
      [10, 0],
      [11, 0xb9],
      [100, 0],
      [100, 0],
      [50, 0],
      [12, 1],
      [13, 0],
    ])
    expect(await exit).toEqual([0, null])
  },
)
