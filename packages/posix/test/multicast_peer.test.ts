import { execFileSync } from 'node:child_process'
import { afterAll, expect, test } from 'vitest'
import { parseIP, UDPAddr, type IP } from '@net/addr'
import type { UDPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import {
  interfaceGroup,
  listenMulticastUDPSync,
  listenTCPSync,
  listenUDPSync,
  parsePacketInfo,
  setOption,
} from '../src/index.ts'
import { Namespace, namespaceRefused } from './netns.ts'
import { missing, Peer, python } from './peer.ts'
import { RemoteProcess } from './remote.ts'

// Packets that a program in Python sends to what is ours, on the loopback interface.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const none = missing('python3', '--version')

function ip(s: string): IP {
  const found = parseIP(s)
  if (found === null) throw new Error(s)
  return found
}

const decoder = new TextDecoder()

test.skipIf(none !== '')(
  `joinGroup() with a source hears a Python program at that address only ${none}`,
  async () => {
    const group = '232.77.0.1' // source-specific (RFC 4607)
    await using c = listenUDPSync('udp4', new UDPAddr(null, 0))
    c.setReadTimeout(20_000)
    // Without it linux gives a socket what others of the host have joined.
    c.joinGroup(ip(group), 'lo', ip('127.0.0.7'))
    await using peer = python(`
import socket
def say(source, text):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
    s.sendto(text, ('${group}', ${c.localAddr.port}))
say('127.0.0.8', b'unwanted')
say('127.0.0.7', b'wanted')`)
    expect(await peer.ended()).toBe(0)
    const [bytes, from] = await c.receive()
    expect([decoder.decode(bytes), String(from.ip)]).toEqual(['wanted', '127.0.0.7'])
  },
)

test.skipIf(none !== '')(
  `listenMulticastUDP() hears a Python program, and tells group, interface and TTL; it hears the answers ${none}`,
  async () => {
    const group = '239.255.77.21'
    const lo = await interfaceGroup.interfaceByName('lo')
    await using c = listenMulticastUDPSync('udp4', lo, new UDPAddr(ip(group), 0))
    c.setReadTimeout(20_000)
    c.setControlMessages({ destination: true, ttl: true })
    c.setMulticastTTL(5)
    c.setMulticastLoopback(true)
    await using peer = python(`
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 0))
lo = socket.inet_aton('127.0.0.1')
s.setsockopt(0, socket.IP_MULTICAST_IF, lo)
s.setsockopt(0, socket.IP_MULTICAST_TTL, 3)
s.setsockopt(0, socket.IP_ADD_MEMBERSHIP, socket.inet_aton('${group}') + lo)
s.setsockopt(0, 12, 1)  # IP_RECVTTL
s.sendto(str(s.getsockname()[1]).encode(), ('${group}', ${c.localAddr.port}))
p, control, _, _ = s.recvmsg(100, 100)
print(p.decode(), control[0][2][0])`)
    const [p, oob] = [new Uint8Array(16), new Uint8Array(128)]
    const { n, oobn } = await c.readMsgUDP(p, oob)
    const { destination, ttl, interfaceIndex } = parsePacketInfo(oob.subarray(0, oobn))
    expect([String(destination), ttl, interfaceIndex]).toEqual([group, 3, lo.index])
    const port = Number(decoder.decode(p.subarray(0, n)))
    await c.writeTo(new TextEncoder().encode('answer'), new UDPAddr(ip(group), port))
    expect(await peer.line()).toBe('answer 5')
    expect(await peer.ended()).toBe(0)
  },
)

const refused = none || (namespaceRefused() ?? '')

// Not every host routes IPv6 multicast through its loopback interface.
test.skipIf(refused !== '')(
  `a Python program in a namespace hears an IPv6 group of ours, and we it ${refused}`,
  async () => {
    const ns = new Namespace()
    const group = 'ff05::7721'
    try {
      ns.ip('link', 'add', 'd0', 'type', 'veth', 'peer', 'name', 'd1')
      ns.batch([
        'link set lo up',
        'addr add fd77:5::1/64 dev d0 nodad',
        'link set d0 up',
        'link set d1 up',
        'route append multicast ff00::/8 dev d0 table local',
      ])
      const o = new RemoteProcess(ns.name)
      const port = await o.run(
        async ({ listenMulticastUDPSync, interfaceGroup, parseIP, UDPAddr, kept }, group) => {
          const d0 = await interfaceGroup.interfaceByName('d0')
          const c = listenMulticastUDPSync('udp6', d0, new UDPAddr(parseIP(group), 0))
          c.setReadTimeout(20_000)
          c.setControlMessages({ destination: true, ttl: true })
          c.setMulticastTTL(5)
          c.setMulticastLoopback(true)
          kept.set('c', c)
          return c.localAddr.port
        },
        group,
      )
      const program = `
import socket, struct
d0 = socket.if_nametoindex('d0')
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(('', 0))
s.setsockopt(41, socket.IPV6_MULTICAST_IF, d0)
s.setsockopt(41, socket.IPV6_MULTICAST_HOPS, 3)
s.setsockopt(41, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, '${group}') + struct.pack('I', d0))
s.setsockopt(41, 51, 1)  # IPV6_RECVHOPLIMIT
s.sendto(str(s.getsockname()[1]).encode(), ('${group}', ${port}))
p, control, _, _ = s.recvmsg(100, 100)
print(p.decode(), control[0][2][0])`
      await using peer = new Peer('ip', ['netns', 'exec', ns.name, 'python3', '-u', '-c', program])
      const heard = await o.run(async ({ parsePacketInfo, parseIP, UDPAddr, kept }, group) => {
        const c = kept.get('c') as UDPConn
        const [p, oob] = [new Uint8Array(16), new Uint8Array(128)]
        const { n, oobn } = await c.readMsgUDP(p, oob)
        const { destination, ttl } = parsePacketInfo(oob.subarray(0, oobn))
        const port = Number(new TextDecoder().decode(p.subarray(0, n)))
        await c.writeTo(new TextEncoder().encode('answer'), new UDPAddr(parseIP(group), port))
        await c.close()
        return [String(destination), ttl]
      }, group)
      expect(heard).toEqual([group, 3])
      expect(await peer.line()).toBe('answer 5')
      expect(await peer.ended()).toBe(0)
      await o.end()
    } finally {
      await ns.close()
    }
  },
)

test.skipIf(none !== '')(
  `setControlMessages() tells where a Python program sent a packet, with what TTL and TOS ${none}`,
  async () => {
    await using c = listenUDPSync('udp', new UDPAddr(null, 0))
    c.setReadTimeout(20_000)
    c.setControlMessages({ destination: true, ttl: true, tos: true })
    await using peer = python(`
import socket
for family, host, level, ttl, tos in (socket.AF_INET, '127.0.0.5', 0, 2, 1), (socket.AF_INET6, '::1', 41, 16, 67):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.setsockopt(level, ttl, 44)
    s.setsockopt(level, tos, 0x2a)
    s.sendto(b'x', (host, ${c.localAddr.port}))`)
    for (const host of ['127.0.0.5', '::1']) {
      const oob = new Uint8Array(128)
      const { oobn } = await c.readMsgUDP(new Uint8Array(8), oob)
      const { destination, ttl, tos } = parsePacketInfo(oob.subarray(0, oobn))
      expect([String(destination), ttl, tos]).toEqual([host, 44, 0x2a])
    }
    expect(await peer.ended()).toBe(0)
  },
)

test.skipIf(none !== '')(
  `setGRO() puts together the packets that a Python program has the kernel cut ${none}`,
  async () => {
    await using c = listenUDPSync('udp4', new UDPAddr(ip('127.0.0.1'), 0))
    c.setReadTimeout(20_000)
    expect(c.setGRO(true)).toBe(true)
    await using peer = python(`
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 103, 300)  # UDP_SEGMENT
s.sendto(bytes(1000), ('127.0.0.1', ${c.localAddr.port}))`)
    expect(await peer.ended()).toBe(0)
    const messages = [0, 1, 2, 3].map(() => ({
      buffer: new Uint8Array(2000),
      n: 0,
      addr: null,
      segmentSize: 0,
    }))
    expect(await c.readBatch(messages)).toBe(1)
    expect(messages[0]).toMatchObject({ n: 1000, segmentSize: 300 })
  },
)

test.skipIf(none !== '')(
  `a broadcast reaches a Python program, and one of its comes here ${none}`,
  async () => {
    await using c = listenUDPSync('udp4', new UDPAddr(null, 0))
    c.setReadTimeout(20_000)
    await using peer = python(`
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.bind(('', 0))
print(s.getsockname()[1])
print(s.recv(100).decode())
s.sendto(b'answer', ('127.255.255.255', ${c.localAddr.port}))`)
    const everybody = ip('127.255.255.255') // the loopback network's
    await c.writeTo(new TextEncoder().encode('question'), new UDPAddr(everybody, Number(await peer.line())))
    expect(await peer.line()).toBe('question')
    expect(decoder.decode((await c.receive())[0])).toBe('answer')
    expect(await peer.ended()).toBe(0)
  },
)

const noSS = missing('ss', '-V')

test.skipIf(noSS !== '')(`bindToDevice() is what ss shows of a socket ${noSS}`, async () => {
  await using c = listenUDPSync('udp4', new UDPAddr(null, 0))
  const ss = (): string =>
    execFileSync('ss', ['-uanH', 'sport', '=', `:${c.localAddr.port}`], { encoding: 'utf8' })
  expect(ss()).not.toContain('%lo:')
  c.bindToDevice('lo')
  expect(ss()).toContain(`%lo:${c.localAddr.port}`)
  c.bindToDevice('')
  expect(ss()).not.toContain('%lo:')
})

test.skipIf(none !== '').each([
  ['udp4', '127.0.0.1', 'IP_TTL', 'IP_TOS'],
  ['udp6', '::1', 'IPV6_UNICAST_HOPS', 'IPV6_TCLASS'],
] as const)(
  `%s: a Python program at %s sees what setOption() sets of %s and %s ${none}`,
  async (network, host, hops, service) => {
    await using peer = python(`
import socket
v6 = ':' in '${host}'
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
for option in (51, 66) if v6 else (12, 13):  # IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS; IP_RECVTTL, IP_RECVTOS
    s.setsockopt(41 if v6 else 0, option, 1)
s.bind(('${host}', 0))
print(s.getsockname()[1])
while True:
    p, control, _, _ = s.recvmsg(100, 100)
    print(sorted(c[2][0] for c in control))`)
    await using c = listenUDPSync(network, null)
    const to = new UDPAddr(ip(host), Number(await peer.line()))
    for (const [ttl, tos] of [
      [21, 0x88],
      [200, 0x2b],
    ] as const) {
      setOption(c, hops, ttl)
      setOption(c, service, tos)
      await c.writeTo(Uint8Array.of(1), to)
      expect(await peer.line()).toBe(`[${[ttl, tos].sort((a, b) => a - b).join(', ')}]`)
    }
  },
)
