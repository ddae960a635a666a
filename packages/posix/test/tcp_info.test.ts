import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { getOption, listenTCPSync, listenUDPSync, setOption, tcpInfo } from '../src/index.ts'
import { parseTCPInfo } from '../src/sock/tcp_info.ts'
import { Connected, loopback, pattern, readAll } from './connected.ts'
import { missing, python } from './peer.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const noPython = missing('python3', '--version')
const noSS = missing('ss', '-V')

test('tcpInfo() counts what a connection sends and receives', async () => {
  await using pair = await Connected.dial()
  const { c, s } = pair
  const received = readAll(s)
  await c.write(pattern(1_000_000))
  await c.closeWrite()
  await received
  const sender = tcpInfo(c)
  expect(sender.state).toMatch(/^fin-wait/)
  expect(['open', 'disorder', 'cwr', 'recovery', 'loss']).toContain(sender.congestionState)
  expect(sender.bytesSent).toBeGreaterThanOrEqual(1_000_000)
  expect(sender.rttMicroseconds).toBeGreaterThan(0)
  expect(sender.minRTTMicroseconds).toBeGreaterThan(0)
  expect(sender.rttMicroseconds).toBeGreaterThanOrEqual(sender.minRTTMicroseconds ?? NaN)
  expect(sender.congestionWindowSegments).toBeGreaterThan(0)
  expect(sender.sendSegmentBytes).toBeGreaterThan(500)
  expect(sender.pathMTUBytes).toBeGreaterThan(1000)
  // A busy machine may be late with an acknowledgement.
  expect(sender.totalRetransmits > 0).toBe((sender.bytesRetransmitted ?? NaN) > 0)
  expect(sender.deliveryRateBytesPerSecond).toBeGreaterThan(0)
  expect(sender.maxPacingRateBytesPerSecond).toBe(Infinity)
  expect(sender.retransmissionTimeoutMicroseconds).toBeGreaterThanOrEqual(1000)
  const receiver = tcpInfo(s)
  expect(receiver.state).toBe('close-wait')
  expect(receiver.bytesReceived).toBe(1_000_001) // the end of the stream counts as one
  expect(receiver.slowStartThresholdSegments).toBe(Infinity)
  const listener = listenTCPSync('tcp', loopback)
  expect(tcpInfo(listener).state).toBe('listen')
  await listener.close()
})

test.skipIf(noSS !== '')(`tcpInfo() says what ss of iproute2 says ${noSS}`, async () => {
  await using pair = await Connected.dial()
  const { c } = pair
  await c.write(pattern(1000))
  await expect.poll(() => tcpInfo(c).unackedSegments).toBe(0)
  const ss = execFileSync('ss', ['-tinH', 'sport', '=', `:${c.localAddr.port}`], { encoding: 'utf8' })
  const figure = (name: string): number =>
    Number(new RegExp(`\\b${name}:(\\d+(\\.\\d+)?)`).exec(ss)?.[1] ?? NaN)
  const info = tcpInfo(c)
  expect(info.rttMicroseconds / 1000).toBeCloseTo(figure('rtt'), 3)
  expect(info.congestionWindowSegments).toBe(figure('cwnd'))
  expect(info.sendSegmentBytes).toBe(figure('mss'))
  expect(info.pathMTUBytes).toBe(figure('pmtu'))
  expect(info.bytesSent).toBe(figure('bytes_sent'))
  expect(info.segmentsOut).toBe(figure('segs_out'))
  expect(info.retransmissionTimeoutMicroseconds / 1000).toBeCloseTo(figure('rto'), 0)
  expect(info.receiveSpaceBytes).toBe(figure('rcv_space'))
  expect(info.sendWindowBytes).toBe(figure('snd_wnd'))
  expect(ss).toContain(`wscale:${info.sendWindowScale},${info.receiveWindowScale}`)
})

test.skipIf(noPython !== '')(`tcpInfo() has the bytes that a Python peer counted ${noPython}`, async () => {
  const listener = listenTCPSync('tcp', loopback)
  const peer = python(`
import socket, sys
s = socket.create_connection(('127.0.0.1', ${listener.addr.port}))
s.sendall(b'x' * 12345)
n = 0
while True:
    p = s.recv(65536)
    if not p: break
    n += len(p)
print(n)`)
  const c = await listener.accept()
  await c.write(pattern(54_321))
  await c.closeWrite()
  expect((await readAll(c)).byteLength).toBe(12_345)
  expect(Number(await peer.line())).toBe(54_321)
  expect(await peer.ended()).toBe(0)
  const info = tcpInfo(c)
  expect(info.bytesAcked).toBe(54_322) // the end of the stream counts as one
  expect(info.bytesReceived).toBe(12_346)
  await c.close()
  await listener.close()
})

test('tcpInfo() of what is no TCP socket, or closed, is the kernel’s error', async () => {
  const u = listenUDPSync('udp', null)
  expect(() => tcpInfo(u)).toThrow(expect.objectContaining({ op: 'get', syscall: 'getsockopt' }) as Error)
  await u.close()
  const pair = await Connected.dial()
  await pair[Symbol.asyncDispose]()
  expect(() => tcpInfo(pair.c)).toThrow('use of closed network connection')
})

test('tcpInfo() tells the options and the algorithm’s state', async () => {
  await using pair = await Connected.dial()
  const { c } = pair
  const { timestamps, selectiveAcks, windowScaling, ecn, synData } = tcpInfo(c)
  expect([timestamps, selectiveAcks, windowScaling, ecn, synData]).toEqual([true, true, true, false, false])
  setOption(c, 'SO_MAX_PACING_RATE', 1_000_000)
  expect(tcpInfo(c).maxPacingRateBytesPerSecond).toBe(1_000_000)
})

test('TCP_CORK holds small writes back until it is turned off, and sends them as one segment', async () => {
  await using pair = await Connected.dial()
  const { c, s } = pair
  const p = Buffer.alloc(8)
  // Again if the kernel, which holds bytes back for a fifth of a second only, did not wait for a busy machine.
  await expect
    .poll(async () => {
      setOption(c, 'TCP_CORK', true)
      const before = tcpInfo(c)
      for (const word of ['a', 'b', 'c']) await c.write(Buffer.from(word))
      const corked = tcpInfo(c)
      setOption(c, 'TCP_CORK', false)
      const after = tcpInfo(c)
      for (let n = 0; n < 3;) n += (await s.read(p)) ?? NaN
      const [first = NaN, ...later] = [before, corked, after].map((info) => info.dataSegmentsOut ?? NaN)
      return [corked.notSentBytes, after.notSentBytes, ...later.map((segments) => segments - first)]
    })
    .toEqual([3, 0, 0, 1])
})

test('TCP_NOTSENT_LOWAT makes a full connection wait with fewer unsent bytes', async () => {
  await using pair = await Connected.dial()
  const { c } = pair
  const bytes = new Uint8Array(20_000_000)
  setOption(c, 'TCP_NOTSENT_LOWAT', 16_384)
  // Begun before there is a deadline, so that it fills what it can however late the deadline is set.
  const writing = expect(c.write(bytes)).rejects.toMatchObject({ timeout: true })
  c.setWriteDeadline(Date.now() + 50)
  await writing
  const limited = tcpInfo(c).notSentBytes ?? NaN
  await using other = await Connected.dial()
  const more = expect(other.c.write(bytes)).rejects.toMatchObject({ timeout: true })
  other.c.setWriteDeadline(Date.now() + 50)
  await more
  expect(limited).toBeLessThan(tcpInfo(other.c).notSentBytes ?? NaN)
})

describe('parseTCPInfo()', () => {
  test('gives null for what the kernel is too old for, and 0 for nothing at all', async () => {
    await using pair = await Connected.dial()
    const bytes = getOption(pair.c, 'TCP_INFO')
    const all = parseTCPInfo(bytes)
    for (const length of [104, 112, 160, 192, 232]) {
      const old = parseTCPInfo(bytes.subarray(0, length))
      const missing = Object.entries(old).filter(([, value]) => value === null)
      expect(missing.length).toBeGreaterThan(0)
      for (const [name, value] of Object.entries(old)) {
        if (value !== null) expect([name, value]).toEqual([name, all[name as keyof typeof all]])
      }
    }
    expect(parseTCPInfo(bytes.subarray(0, 104)).pacingRateBytesPerSecond).toBeNull()
    expect(parseTCPInfo(bytes.subarray(0, 112)).pacingRateBytesPerSecond).toBe(all.pacingRateBytesPerSecond)
    expect(parseTCPInfo(bytes.subarray(0, 111)).pacingRateBytesPerSecond).toBeNull()
    expect(parseTCPInfo(new Uint8Array())).toMatchObject({
      state: 'closed',
      rttMicroseconds: 0,
      bytesSent: null,
    })
  })

  test('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const info = parseTCPInfo(bytes)
        for (const value of Object.values(info)) {
          if (typeof value === 'number') expect(value).toBeGreaterThanOrEqual(0)
          else expect(['boolean', 'string', 'object']).toContain(typeof value)
        }
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        if (bytes.byteLength >= 72) expect(info.rttMicroseconds).toBe(view.getUint32(68, true))
        if (bytes.byteLength < 236) expect(info.receiveWindowBytes).toBeNull()
        expect(info.sendWindowScale + 16 * info.receiveWindowScale).toBe(bytes[6] ?? 0)
      }),
    )
  })
})
