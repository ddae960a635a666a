// What the kernel's epoll instances watch, as /proc tells: its lines `tfd: 17 events: ...`.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { parseIP, UDPAddr } from '@net/addr'
import { type UDPConn } from '@net/contract'
import { isTurnOver } from '@net/io'
import { expect, test } from 'vitest'
import { listenUDPSync, posix } from '../src/index.ts'

/** Why nothing can be seen, or ''. */
const noProc = process.platform === 'linux' ? '' : '(skipped: only Linux tells what is watched)'
const loopback = new UDPAddr(parseIP('127.0.0.1'), 0)

function watched(): number[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`) !== 'anon_inode:[eventpoll]') return []
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')
      return [...info.matchAll(/^tfd:\s+(\d+)/gm)].map(([, n]) => Number(n))
    } catch {
      return [] // the directory's own descriptor is closed again
    }
  })
}

function numberOf(c: UDPConn): number {
  let number = -1
  c.syscallConn().control((fd) => {
    number = fd
  })
  return number
}

test.skipIf(noProc !== '')(
  `a UDP socket that only sends is not watched, though its writes wait for their turn ${noProc}`,
  async () => {
    const receiver = listenUDPSync('udp4', loopback)
    const sender = await posix().dialUDP('udp4', null, receiver.addr)
    const number = numberOf(sender)
    for (let i = 0; i < 3; i++) {
      while (!isTurnOver());
      expect(await sender.write(new Uint8Array(8))).toBe(8)
    }
    expect(watched()).not.toContain(number)
    const reading = sender.read(new Uint8Array(8))
    expect(watched()).toContain(number)
    await Promise.all([sender.close(), receiver.close(), expect(reading).rejects.toThrow('use of closed')])
  },
)
