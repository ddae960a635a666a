import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { parseIP, UDPAddr } from '@net/addr'
import { ErrClosed, isErr, OpError, type Message, type UDPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import {
  listenTCPSync,
  listenUDPSync,
  marshalPacketControl,
  parsePacketInfo,
  udpSockGroup,
} from '../src/index.ts'
import { abi } from '../src/abi/system.ts'
import { ReadBatchOp, WriteBatchOp, type BatchSocket } from '../src/fd/batch_op.ts'
import { FD } from '../src/fd/fd.ts'
import { PacketReader } from '../src/fd/packet_reader.ts'
import { putAddr } from '../src/sock/ipsock.ts'
import { SizeofMmsghdr } from '../src/wire/mmsg.ts'
import { putInet, sockaddrOut, getUDPAddr } from '../src/wire/sockaddr.ts'
import { openSocket } from '../src/fd/sock_cloexec.ts'
import { bind } from '../src/sys/syscall.ts'
import { udpNames } from '../src/sock/udpsock.ts'

// The first socket opens the thread's epoll descriptor, which stays.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

function listen(host = '127.0.0.1'): UDPConn {
  const c = listenUDPSync('udp', new UDPAddr(parseIP(host), 0))
  c.setReadBuffer(4 << 20)
  return c
}

function message(buffer: Uint8Array, addr: UDPAddr | null = null, segmentSize?: number): Message {
  return segmentSize === undefined ? { buffer, n: 0, addr } : { buffer, n: 0, addr, segmentSize }
}

function rooms(count: number, size: number): Message[] {
  return Array.from({ length: count }, () => message(new Uint8Array(size)))
}

function numbered(n: number, size = 4): Uint8Array {
  return new Uint8Array(size).fill(n & 0xff)
}

async function rejection(promise: Promise<unknown>): Promise<OpError> {
  const e: unknown = await promise.then(
    () => null,
    (e: unknown) => e,
  )
  expect(e).toBeInstanceOf(OpError)
  return e as OpError
}

/** What batches know of a socket of a system that takes one message in a call. */
function plain(fd: FD): BatchSocket {
  return {
    packets: new PacketReader(fd),
    family: abi.AF_INET,
    mmsg: false,
    gro: false,
    gso: false,
    put: (addr) => putAddr(abi.AF_INET, addr),
    peer: getUDPAddr,
  }
}

/** Reads until `count` packets have come, taking apart those that came together. */
async function gather(c: UDPConn, count: number): Promise<Uint8Array[]> {
  const packets: Uint8Array[] = []
  const messages = rooms(8, 65535)
  while (packets.length < count) {
    const got = await c.readBatch(messages)
    for (const { buffer, n, segmentSize = 0 } of messages.slice(0, got)) {
      const size = segmentSize === 0 ? n : segmentSize
      if (n === 0) packets.push(new Uint8Array(0))
      for (let at = 0; at < n; at += size) packets.push(buffer.slice(at, Math.min(at + size, n)))
    }
  }
  return packets
}

test('struct mmsghdr has a message and its length, aligned', () => {
  expect(SizeofMmsghdr).toBe(64)
})

describe('UDPConn.readBatch() and writeBatch()', () => {
  test.each(['127.0.0.1', '::1'])('carry more packets than one call takes, in order, on %s', async (host) => {
    await using a = listen(host)
    await using b = listen(host)
    const sent = Array.from({ length: 200 }, (_, i) => message(numbered(i, i + 1), b.localAddr))
    expect(await a.writeBatch(sent)).toBe(200)
    expect(sent.map((m) => m.n)).toEqual(sent.map((m) => m.buffer.byteLength))
    const got: number[] = []
    const messages = rooms(100, 300)
    while (got.length < 200) {
      const n = await b.readBatch(messages)
      for (const m of messages.slice(0, n)) {
        expect(m).toMatchObject({ n: got.length + 1, flags: 0, oobn: 0, segmentSize: 0 })
        expect(m.addr?.toString()).toBe(a.localAddr.toString())
        expect([...m.buffer.subarray(0, m.n)]).toEqual([...numbered(got.length, m.n)])
        got.push(m.n)
      }
    }
    // One sender, one address.
    expect(new Set(messages.slice(0, 36).map((m) => m.addr)).size).toBe(1)
  })

  test('readBatch() waits for the first packet and takes what is there', async () => {
    await using a = listen()
    const messages = rooms(4, 10)
    const pending = a.readBatch(messages)
    await a.writeTo(Uint8Array.of(1), a.localAddr)
    expect(await pending).toBe(1)
    await a.writeBatch([1, 2, 3].map((n) => message(numbered(n), a.localAddr)))
    expect(await a.readBatch(messages)).toBe(3)
    expect(messages.slice(0, 3).map((m) => m.buffer[0])).toEqual([1, 2, 3])
    await a.writeBatch(Array.from({ length: 6 }, (_, n) => message(numbered(n), a.localAddr)))
    expect(await a.readBatch(messages)).toBe(4)
    expect(await a.readBatch(messages)).toBe(2)
  })

  test('send to several receivers, and over a connected socket to its peer', async () => {
    await using a = listen()
    const to = [listen(), listen('127.0.0.3')]
    for (let round = 0; round < 2; round++) {
      await a.writeBatch(
        Array.from({ length: 10 }, (_, i) => message(numbered(i), to[i % 2]?.localAddr ?? null)),
      )
      for (const [i, c] of to.entries()) {
        expect((await gather(c, 5)).map((p) => p[0])).toEqual([0, 2, 4, 6, 8].map((n) => n + i))
      }
    }
    await using c = await udpSockGroup.dialUDP('udp', null, a.localAddr)
    await c.writeBatch([message(numbered(1)), message(new Uint8Array(0)), message(numbered(2))])
    expect((await gather(a, 3)).map((p) => p.byteLength)).toEqual([4, 0, 4])
    const e = await rejection(c.writeBatch([message(numbered(1), a.localAddr)]))
    expect([e.cause.message, e.n]).toEqual(['use of WriteTo with pre-connected connection', 0])
    expect((await rejection(a.writeBatch([message(numbered(1))]))).cause.message).toBe('missing address')
    for (const c of to) await c.close()
  })

  test('carry control messages with each packet', async () => {
    await using a = listen()
    await using b = listen()
    b.setControlMessages({ ttl: true, destination: true })
    const ttls = [3, 4, 5]
    await a.writeBatch(
      ttls.map((ttl) => ({
        ...message(numbered(ttl), b.localAddr),
        oob: marshalPacketControl({ ttl }, b.localAddr),
      })),
    )
    const messages = rooms(3, 10).map((m) => ({ ...m, oob: new Uint8Array(100) }))
    expect(await b.readBatch(messages)).toBe(3)
    const infos = messages.map((m: Message) =>
      parsePacketInfo(m.oob?.subarray(0, m.oobn) ?? new Uint8Array(0)),
    )
    expect(infos.map((i) => i.ttl)).toEqual(ttls)
    expect(infos.map((i) => i.destination?.toString())).toEqual(ttls.map(() => '127.0.0.1'))
  })

  test('an error names the message it stopped at by n, and what went before has gone', async () => {
    await using a = listen()
    await using b = listen()
    const batch = Array.from({ length: 70 }, (_, i) => message(numbered(i), b.localAddr))
    batch[66] = message(new Uint8Array(65508), b.localAddr)
    const e = await rejection(a.writeBatch(batch))
    expect([e.code, e.n, e.syscall]).toEqual(['EMSGSIZE', 66, 'sendmmsg'])
    expect((await gather(b, 66)).map((p) => p[0])).toEqual(Array.from({ length: 66 }, (_, i) => i))
    expect(await a.writeBatch(batch.slice(0, 2))).toBe(2)
  })

  test('wait in the queue of their direction, and end with deadline, signal and close', async () => {
    const a = listen()
    const [first, second] = [a.readFrom(new Uint8Array(4)), a.readBatch(rooms(2, 4))]
    await a.writeBatch([1, 2].map((n) => message(numbered(n), a.localAddr)))
    expect((await first)[0]).toBe(4)
    expect(await second).toBe(1)
    a.setReadDeadline(1)
    expect((await rejection(a.readBatch(rooms(1, 1)))).timeout).toBe(true)
    a.setReadDeadline(null)
    await expect(a.readBatch(rooms(1, 1), { signal: AbortSignal.abort(7) })).rejects.toBe(7)
    expect(await a.readBatch([])).toBe(0)
    expect(await a.writeBatch([])).toBe(0)
    const last = rejection(a.readBatch(rooms(1, 1)))
    await a.close()
    expect(isErr(await last, ErrClosed)).toBe(true)
    expect(isErr(await rejection(a.readBatch([])), ErrClosed)).toBe(true)
    expect(isErr(await rejection(a.writeBatch([])), ErrClosed)).toBe(true)
  })

  test('wrong kinds of argument are TypeErrors, segments of no size a RangeError', async () => {
    await using a = listen()
    const wrong = (m: unknown): Message[] => [m as Message]
    for (const m of [{ buffer: 'text' }, { buffer: new Uint8Array(1), n: 0, addr: a.localAddr, oob: [1] }]) {
      await expect(a.readBatch(wrong(m))).rejects.toThrow(TypeError)
      await expect(a.writeBatch(wrong(m))).rejects.toThrow(TypeError)
    }
    await expect(a.readBatch('no' as unknown as Message[])).rejects.toThrow(TypeError)
    await expect(a.writeBatch(wrong({ ...message(numbered(1)), addr: 'host:1' }))).rejects.toThrow(TypeError)
    for (const size of [-1, 1.5, 65536, NaN]) {
      await expect(a.writeBatch([message(numbered(1), a.localAddr, size)])).rejects.toThrow(RangeError)
    }
  })
})

describe('segmentSize', () => {
  test('cuts a buffer of any length into packets of one size, the last perhaps shorter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 150 }),
        async (size, count) => {
          await using a = listen()
          await using b = listen()
          const buffer = Uint8Array.from({ length: size * count - Math.floor(size / 2) }, (_, i) => i % 251)
          expect(await a.writeBatch([message(buffer, b.localAddr, size)])).toBe(1)
          const packets = await gather(b, count)
          expect(packets).toHaveLength(count)
          expect(packets.slice(0, -1).every((p) => p.byteLength === size)).toBe(true)
          expect(Buffer.concat(packets).equals(buffer)).toBe(true)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('goes beside control messages and other messages', async () => {
    await using a = listen()
    await using b = listen()
    b.setControlMessages({ ttl: true })
    const oob = marshalPacketControl({ ttl: 9 }, b.localAddr)
    await a.writeBatch([
      message(numbered(1), b.localAddr),
      { ...message(numbered(2, 100), b.localAddr, 40), oob },
      message(numbered(3), b.localAddr, 10),
    ])
    const messages = rooms(8, 200).map((m) => ({ ...m, oob: new Uint8Array(64) }))
    expect(await b.readBatch(messages)).toBe(5)
    expect(messages.map((m) => m.n)).toEqual([4, 40, 40, 20, 4, 0, 0, 0])
    const ttl = (m: Message): number | undefined =>
      parsePacketInfo(m.oob?.subarray(0, m.oobn) ?? numbered(0)).ttl
    expect(messages.slice(0, 5).map(ttl)).toEqual([64, 9, 9, 9, 64])
  })

  test('setGRO() lets the kernel put a run of packets together, and tells their size', async () => {
    await using a = listen()
    await using b = listen()
    expect(b.setGRO(true)).toBe(true)
    await a.writeBatch([message(numbered(7, 1000), b.localAddr, 64)])
    const [m] = rooms(1, 65535)
    if (m === undefined) return
    expect(await b.readBatch([m])).toBe(1)
    expect(m).toMatchObject({ n: 1000, segmentSize: 64 })
    const oob = new Uint8Array(64)
    await a.writeBatch([message(numbered(7, 100), b.localAddr, 30)])
    const whole = await b.readMsgUDP(new Uint8Array(200), oob)
    expect([whole.n, parsePacketInfo(oob.subarray(0, whole.oobn)).segmentSize]).toEqual([100, 30])
    await a.writeTo(numbered(1), b.localAddr)
    expect(await b.readBatch([m])).toBe(1)
    expect(m).toMatchObject({ n: 4, segmentSize: 0 })
    expect(b.setGRO(false)).toBe(false)
    await a.writeBatch([message(numbered(7, 100), b.localAddr, 50)])
    expect(await b.readBatch(rooms(5, 100))).toBe(2)
  })

  test.each([true, false])('is cut here where the kernel does not cut; many in a call: %s', async (mmsg) => {
    // A socket told that its kernel has no UDP_SEGMENT.
    const fd = new FD(openSocket(abi.AF_INET, abi.SOCK_DGRAM, abi.IPPROTO_UDP), 'udp', udpNames)
    await using b = listen()
    const batch = [message(numbered(1, 1000), b.localAddr, 300), message(numbered(2), b.localAddr)]
    await fd.writing.run(new WriteBatchOp(fd, batch, { ...plain(fd), mmsg }))
    expect((await gather(b, 5)).map((p) => p.byteLength)).toEqual([300, 300, 300, 100, 4])
    await fd.close()
  })

  test('larger than a packet may be is EMSGSIZE', async () => {
    await using a = listen()
    const e = await rejection(a.writeBatch([message(new Uint8Array(65520), a.localAddr, 65510)]))
    expect([e.code, e.n]).toEqual(['EMSGSIZE', 0])
  })
})

test('where one call takes one message, batches are read and written one by one', async () => {
  const sockets = [0, 1].map(() => {
    const fd = openSocket(abi.AF_INET, abi.SOCK_DGRAM, abi.IPPROTO_UDP)
    expect(bind(fd, sockaddrOut, putInet(abi.AF_INET, parseIP('127.0.0.1'), 0, ''))).toBe(0)
    return new FD(fd, 'udp', udpNames)
  })
  const [a, b] = sockets
  if (a === undefined || b === undefined) return
  const to = b.localAddr as UDPAddr
  const oob = marshalPacketControl({ ttl: 5 }, to)
  const batch = [message(numbered(1), to), { ...message(numbered(2, 9), to), oob }]
  expect(await a.writing.run(new WriteBatchOp(a, batch, plain(a)))).toBe(2)
  const rooms2 = rooms(4, 20)
  for (const n of [4, 9]) {
    expect(await b.reading.run(new ReadBatchOp(b, rooms2, plain(b)))).toBe(1)
    expect(rooms2[0]).toMatchObject({ n, flags: 0, segmentSize: 0 })
    expect(rooms2[0]?.addr?.toString()).toBe(String(a.localAddr))
  }
  const big = [message(numbered(1), to), message(new Uint8Array(65508), to)]
  const e = await rejection(a.writing.run(new WriteBatchOp(a, big, plain(a))))
  expect([e.code, e.syscall, e.n]).toEqual(['EMSGSIZE', 'sendmsg', 1])
  for (const fd of sockets) await fd.close()
})
