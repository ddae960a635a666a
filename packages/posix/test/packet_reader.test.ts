import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { UDPAddr } from '@net/addr'
import type { Message, UDPConn } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, listenUDPSync, posix } from '../src/index.ts'
import { abi } from '../src/abi/system.ts'
import { EAGAIN } from '../src/abi/errno.ts'
import { FD } from '../src/fd/fd.ts'
import { PacketReader } from '../src/fd/packet_reader.ts'
import { openSocket } from '../src/fd/sock_cloexec.ts'
import { udpNames } from '../src/sock/udpsock.ts'
import { bind } from '../src/sys/syscall.ts'
import { getUDPAddr, putInet, sockaddrOut } from '../src/wire/sockaddr.ts'
import { SLAB } from '../src/wire/packet_slab.ts'
import { loopback, pattern } from './connected.ts'

// The first socket opens the thread's epoll descriptor, which stays.
await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

const target = posix()

function listen(): UDPConn {
  const conn = listenUDPSync('udp4', new UDPAddr(loopback.ip, 0))
  conn.setReadBuffer(4 << 20)
  return conn
}

/** A socket without a connection, to see what its reader does. */
function openReader(): { readonly fd: FD; readonly packets: PacketReader; readonly addr: UDPAddr } {
  const s = openSocket(abi.AF_INET, abi.SOCK_DGRAM, abi.IPPROTO_UDP)
  expect(bind(s, sockaddrOut, putInet(abi.AF_INET, loopback.ip, 0, ''))).toBe(0)
  const fd = new FD(s, 'udp', udpNames)
  return { fd, packets: new PacketReader(fd), addr: fd.localAddr as UDPAddr }
}

/** Sends packets of these lengths, each of which begins with its number. */
async function send(from: UDPConn, to: UDPAddr, lengths: readonly number[], first = 0): Promise<void> {
  const message = (length: number, i: number): Message => {
    const buffer = pattern(length).slice()
    buffer[0] = first + i
    return { buffer, n: 0, addr: to }
  }
  await from.writeBatch(lengths.map(message))
}

const many = (count: number, length = 4): number[] => Array.from({ length: count }, () => length)

describe.skipIf(!abi.has.recvmmsg)('PacketReader', () => {
  test('takes twice as many packets a call as before while the socket has them, and hands them out in order', async () => {
    await using from = listen()
    const { fd, packets, addr } = openReader()
    await send(from, addr, many(100))
    const taken: number[] = []
    const p = new Uint8Array(4)
    for (let i = 0; i < 100; i++) {
      expect(packets.receive(p)).toBe(4)
      expect([p[0], getUDPAddr(), from.localAddr]).toEqual([i, from.localAddr, getUDPAddr()])
      taken.push(packets.taken)
    }
    const ahead = [0, 1, 0, 3, 2, 1, 0, 7]
    expect(taken.slice(0, ahead.length)).toEqual(ahead)
    expect(Math.max(...taken)).toBe(SLAB - 1)
    expect([packets.receive(p), packets.isReady]).toEqual([EAGAIN, false])
    await fd.close()
  })

  test('takes long packets one by one', async () => {
    await using from = listen()
    const { fd, packets, addr } = openReader()
    const p = new Uint8Array(65535)
    await send(from, addr, [...many(3), ...many(4, 9000), ...many(2)])
    const taken = Array.from({ length: 9 }, () => [packets.receive(p), packets.taken])
    expect(taken.slice(3)).toEqual([[9000, 3], [9000, 2], [9000, 1], [9000, 0], [4, 0], [4, 0]]) // prettier-ignore
    await fd.close()
  })

  test('takes none ahead once the program has the descriptor or wants control messages', async () => {
    await using from = listen()
    const { fd, packets, addr } = openReader()
    await send(from, addr, many(20))
    const p = new Uint8Array(4)
    for (let i = 0; i < 7; i++) packets.receive(p)
    fd.share()
    await send(from, addr, many(20))
    for (let i = 7; i < 40; i++) {
      expect([packets.receive(p), packets.taken]).toEqual([4, 0])
    }
    await fd.close()
  })

  test('reads one by one while other sockets have all the memory for packets, and has it again when they close', async () => {
    await using from = listen()
    const readers = Array.from({ length: 9 }, openReader)
    const p = new Uint8Array(4)
    const fill = async (): Promise<number[]> => {
      for (const { packets, addr } of readers) {
        await send(from, addr, many(4))
        for (let i = 0; i < 4; i++) packets.receive(p)
        await send(from, addr, many(4))
        packets.receive(p)
      }
      return readers.map(({ packets }) => packets.taken)
    }
    expect(await fill()).toEqual([...many(8, 3), 0])
    for (const { packets } of readers) packets.drop()
    expect(readers.map(({ packets }) => packets.taken)).toEqual(many(9, 0))
    readers.reverse()
    expect((await fill()).filter((n) => n > 0)).toHaveLength(8)
    for (const { packets, fd } of readers) {
      packets.drop()
      await fd.close()
    }
  })
})

/** How a program may read a packet: gives its number, its length and its sender. */
const ways: Record<string, (c: UDPConn, room: number) => Promise<[number, number, string][]>> = {
  read: async (c, room) => {
    const p = new Uint8Array(room)
    const n = await c.read(p)
    return [[p[0] ?? 0, n, '']]
  },
  readFrom: async (c, room) => {
    const p = new Uint8Array(room)
    const [n, from] = await c.readFrom(p)
    return [[p[0] ?? 0, n, from.toString()]]
  },
  receive: async (c) => {
    const [p, from] = await c.receive()
    return [[p[0] ?? 0, p.byteLength, from.toString()]]
  },
  readBatch: async (c, room) => {
    const messages = Array.from({ length: 3 }, () => ({ buffer: new Uint8Array(room), n: 0, addr: null }))
    const got = await c.readBatch(messages)
    const read = messages.slice(0, got) as Message[]
    return read.map(({ buffer, n, addr, flags }) => {
      expect(flags).toBe(n === room ? abi.MSG_TRUNC : 0)
      return [buffer[0] ?? 0, n, String(addr)]
    })
  },
  readMsgUDP: async (c, room) => {
    const p = new Uint8Array(room)
    const { n, oobn, flags, addr } = await c.readMsgUDP(p, new Uint8Array(64))
    expect([oobn, flags]).toEqual([0, n === room ? abi.MSG_TRUNC : 0])
    return [[p[0] ?? 0, n, addr.toString()]]
  },
}

describe('packets of a UDPConn', () => {
  test('come whole, in order and with their senders, however they are read', async () => {
    await using near = listen()
    await using other = listen()
    const reading = fc.tuple(fc.constantFrom(...Object.keys(ways)), fc.constantFrom(8, 70_000))
    // Seven bytes fit into the small room; the lengths of 8 and 70,000 themselves never come.
    const lengths = fc.array(fc.constantFrom(1, 7, 100, 4096, 5000), { minLength: 1, maxLength: 60 })
    const control = fc.boolean()
    await fc.assert(
      fc.asyncProperty(
        lengths,
        fc.array(reading, { minLength: 1 }),
        control,
        async (sizes, order, exposed) => {
          await using c = listen()
          if (exposed) c.syscallConn()
          const half = sizes.length >> 1
          await send(near, c.localAddr, sizes.slice(0, half))
          await send(other, c.localAddr, sizes.slice(half), half)
          let i = 0
          for (let k = 0; i < sizes.length; k++) {
            const [way, room] = order[k % order.length] ?? ['read', 8]
            for (const [number, n, from] of (await ways[way]?.(c, room)) ?? []) {
              const whole = sizes[i] ?? 0
              expect([number, n]).toEqual([i, way === 'receive' ? whole : Math.min(whole, room)])
              if (from !== '') expect(from).toBe(String((i < half ? near : other).localAddr))
              i++
            }
          }
          expect(i).toBe(sizes.length)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('are there after a deadline that has passed, which fails reads although they are there', async () => {
    await using from = listen()
    await using c = listen()
    await send(from, c.localAddr, many(20))
    const p = new Uint8Array(4)
    for (let i = 0; i < 8; i++) await c.read(p)
    c.setReadDeadline(0)
    await expect(c.read(p)).rejects.toMatchObject({ timeout: true })
    c.setReadDeadline(null)
    for (let i = 8; i < 20; i++) {
      expect([await c.read(p), p[0]]).toEqual([4, i])
    }
  })

  test('are gone with close()', async () => {
    await using from = listen()
    const c = listen()
    await send(from, c.localAddr, many(20))
    const p = new Uint8Array(4)
    for (let i = 0; i < 8; i++) await c.readFrom(p)
    await c.close()
    await expect(c.readFrom(p)).rejects.toThrow('use of closed network connection')
    await expect(c.readBatch([{ buffer: p, n: 0, addr: null }])).rejects.toThrow('use of closed')
  })

  test('come before the error that the network told after them', async () => {
    const peer = listen()
    await using c = await target.dialUDP('udp4', null, peer.localAddr)
    await send(peer, c.localAddr, many(20))
    await peer.close()
    const p = new Uint8Array(4)
    for (let i = 0; i < 7; i++) await c.read(p) // seven by one, two and four; the next call takes eight
    expect(await c.read(p)).toBe(4)
    await c.write(p) // nobody is there any more
    for (let i = 8; i < 15; i++) {
      expect([await c.read(p), p[0]]).toEqual([4, i])
    }
    await expect(c.read(p)).rejects.toMatchObject({ code: 'ECONNREFUSED', syscall: 'read' })
    expect([await c.read(p), p[0]]).toEqual([4, 15])
  })
})
