import { afterAll, expect, test } from 'vitest'
import { IPAddr, parseIP } from '@net/addr'
import type { IPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import {
  fileGroup,
  ipRawSockGroup,
  listenTCPSync,
  marshalPacketControl,
  newFile,
  parsePacketInfo,
  parseUnixRights,
  socketPair,
} from '../src/index.ts'
import { missing, python } from './peer.ts'

// Raw IP with a program in Python at the other end.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const noRoot = process.getuid?.() === 0 ? '' : 'raw sockets need root'
const none = noRoot || missing('python3', '--version')
const PROTO = 254 // for experiments (RFC 3692)
const text = (s: string): Uint8Array => new TextEncoder().encode(s)

test.skipIf(none !== '').each([
  ['ip4', 'AF_INET', '127.0.0.1', '127.0.0.2'],
  ['ip6', 'AF_INET6', '::1', '::1'],
])(
  `%s: packets go to and come from a Python program, with TTL and TOS, without the header ${none}`,
  async (net, family, ours, theirs) => {
    const conn = await ipRawSockGroup.listenIP(`${net}:${PROTO}`, new IPAddr(parseIP(ours)))
    conn.setReadTimeout(20_000)
    conn.setControlMessages({ ttl: true, tos: true, destination: true })
    await using peer = python(`
import socket
v6 = socket.${family} == socket.AF_INET6
s = socket.socket(socket.${family}, socket.SOCK_RAW, ${PROTO})
s.bind(('${theirs}', 0))
level, ttl, tos, recv = (41, 16, 67, (51, 66)) if v6 else (0, 2, 1, (12, 13))
for option in recv: s.setsockopt(level, option, 1)
s.setsockopt(level, ttl, 77)
s.setsockopt(level, tos, 0x28)
print('ready')
while True:
    p, control, _, sender = s.recvmsg(1000, 256)
    data = p if v6 else p[20:]
    if sender[0] == '${ours}' and data[:2] != b're':
        print(data.decode(), sorted(c[2][0] for c in control))
        s.sendto(b're: ' + data, (sender[0], 0))`)
    expect(await peer.line()).toBe('ready')
    const to = new IPAddr(parseIP(theirs))
    const p = new Uint8Array(64)
    const oob = new Uint8Array(128)
    // Where both ends have one address, one's own packets come as well.
    const answer = async (c: IPConn): Promise<string> => {
      for (;;) {
        const { n, oobn } = await c.readMsgIP(p, oob)
        const headed = net === 'ip4' ? p.subarray(20, n) : p.subarray(0, n)
        const words = new TextDecoder().decode(headed)
        if (!words.startsWith('re: ')) continue
        expect(parsePacketInfo(oob.subarray(0, oobn))).toMatchObject({ ttl: 77, tos: 0x28 })
        return words
      }
    }
    await conn.writeTo(text('one'), to)
    expect(await peer.line()).toBe('one [0, 64]')
    expect(await answer(conn)).toBe('re: one')
    await conn.writeMsgIP(text('two'), marshalPacketControl({ ttl: 9, tos: 0x10 }, to), to)
    expect(await peer.line()).toBe('two [9, 16]')
    expect(await answer(conn)).toBe('re: two')
    await conn.writeTo(text('three'), to)
    for (;;) {
      const [n, from] = await conn.readFrom(p)
      const words = new TextDecoder().decode(p.subarray(0, n))
      if (words === 're: three') {
        expect(from.toString()).toBe(theirs)
        break
      }
      expect(words).toBe('three')
    }
    await conn.close()
  },
)

test.skipIf(none !== '')(
  `fileConn() takes over a connected raw socket of a Python program, with its peer if the kernel tells it ${none}`,
  async () => {
    const [a, b] = socketPair()
    const file = await b.file()
    await b.close()
    const peer = python(
      `
import array, socket
u = socket.socket(fileno=3)
for port in 1, 0:
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, ${PROTO})
    s.bind(('127.0.0.3', 0))
    s.connect(('127.0.0.4', port))
    u.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [s.fileno()]))])`,
      [],
      [file.fd],
    )
    const receiver = await ipRawSockGroup.listenIP(`ip4:${PROTO}`, new IPAddr(parseIP('127.0.0.4')))
    receiver.setReadTimeout(20_000)
    // As in Go, a peer that the kernel does not tell (its port is 0) is none.
    for (const remote of ['127.0.0.4', '']) {
      const oob = new Uint8Array(64)
      const { oobn } = await a.readMsgUnix(new Uint8Array(1), oob)
      const [fd = -1] = parseUnixRights(oob.subarray(0, oobn))
      await using received = newFile(fd)
      await using c = (await fileGroup.fileConn(received)) as IPConn
      expect([c.localAddr.toString(), c.remoteAddr.toString()]).toEqual(['127.0.0.3', remote])
      await c.write(text('hello'))
      const [bytes, from] = await receiver.receive()
      expect([new TextDecoder().decode(bytes), from.toString()]).toEqual(['hello', '127.0.0.3'])
    }
    expect(await peer.ended()).toBe(0)
    await Promise.all([a.close(), file.close(), receiver.close()])
  },
)
