import { describe, expect, test } from 'vitest'
import { connect, pairOf, readFull, rejection, tcp, udp, type Pair, wait } from './pair.ts'

/** Sends packets of one byte, 0 to 99, one each millisecond, and gives which came when, in milliseconds after each was sent. */
async function shower({ sim, a, b }: Pair, size = 100): Promise<{ i: number; after: number }[]> {
  const got: { i: number; after: number }[] = []
  await sim.run(async () => {
    const to = await b.target.listenUDP('udp', udp('10.0.0.2', 7))
    const from = await a.target.listenUDP('udp', udp('10.0.0.1', 0))
    const sentAt: number[] = []
    const reading = (async () => {
      for await (const [p] of to) {
        const i = p[0] ?? -1
        got.push({ i, after: performance.now() - (sentAt[i] ?? 0) })
      }
    })()
    for (let i = 0; i < 100; i++) {
      sentAt.push(performance.now())
      await from.writeTo(new Uint8Array(size).fill(i), to.localAddr)
      await wait(1)
    }
    await wait(5000)
    await Promise.all([to.close(), from.close(), reading])
  })
  return got
}

describe('weather', () => {
  test('a perfect link loses nothing and takes no time', async () => {
    const got = await shower(pairOf())
    expect(got).toEqual(Array.from({ length: 100 }, (_, i) => ({ i, after: 0 })))
  })

  test('loss and corruption lose their share, and duplication doubles it', async () => {
    expect((await shower(pairOf({ loss: 0.3 }))).length / 100).toBeCloseTo(0.7, 0)
    const corrupt = pairOf({ corrupt: 0.3 })
    const left = await shower(corrupt)
    const wrong = [...corrupt.sim.trace].filter((s) => s.why === 'the checksum is wrong')
    expect(left.length + wrong.length).toBe(100)
    expect(wrong.length).toBeGreaterThan(10)
    expect(await shower(pairOf({ duplicate: 1 }))).toHaveLength(200)
    expect(await shower(pairOf({ loss: 1 }))).toEqual([])
  })

  test('jitter changes how long packets take and not their order; reordering changes that', async () => {
    const jitter = await shower(pairOf({ latency: 10, jitter: 30 }))
    expect(jitter.map(({ i }) => i)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(Math.min(...jitter.map(({ after }) => after))).toBeGreaterThanOrEqual(10)
    expect(Math.max(...jitter.map(({ after }) => after))).toBeLessThanOrEqual(40)
    expect(new Set(jitter.map(({ after }) => after)).size).toBeGreaterThan(10)
    const order = (await shower(pairOf({ latency: 10, reorder: 0.2 }))).map(({ i }) => i)
    expect(order).not.toEqual([...order].sort((x, y) => x - y))
    expect(new Set(order).size).toBe(100)
  })

  test('a bandwidth makes packets wait for each other, and a queue that is full loses them', async () => {
    // 1,028 bytes at 822,400 bits a second take 10 ms.
    const slow = await shower(pairOf({ bandwidth: 822_400 }), 1000)
    expect(slow).toHaveLength(100)
    expect(slow[0]?.after).toBe(10)
    expect(slow[99]?.after).toBe(1000 - 99)
    const short = await shower(pairOf({ bandwidth: 822_400, queue: 5140 }), 1000)
    expect(short.length).toBeGreaterThan(10)
    expect(short.length).toBeLessThan(20)
    expect(Math.max(...short.map(({ after }) => after))).toBeLessThanOrEqual(60)
  })

  test('weather changes at its moment, and in one direction where that is said', async () => {
    const pair = pairOf({ latency: 1 })
    pair.sim.at(50, () => pair.link.set({ latency: 20 }, 'there'))
    const got = await shower(pair)
    expect(got[10]?.after).toBe(1)
    expect(got[90]?.after).toBe(20)
    expect([pair.link.there.latency, pair.link.back.latency]).toEqual([20, 1])
  })
})

describe('barriers', () => {
  test('a partition loses what is sent and what is under way; healed, a connection goes on', async () => {
    const pair = pairOf({ latency: 10 })
    const { sim, a, b } = pair
    await sim.run(async () => {
      const [client, server] = await connect(pair)
      await client.write(Uint8Array.of(1))
      sim.partition(a, 'b')
      const dial = a.target.dialTCP('tcp', null, tcp('10.0.0.2', 80), { deadline: Date.now() + 1900 })
      expect((await rejection(dial)).message).toContain('i/o timeout')
      await wait(100)
      sim.heal(a, b)
      expect(await readFull(server, 1)).toEqual(Uint8Array.of(1))
      expect(performance.now()).toBeGreaterThan(2000)
    })
    expect(sim.trace.toString()).toContain('lost b/eth0 tcp')
  })

  test('what is held goes on in its order when it is released', async () => {
    const pair = pairOf({ latency: 5 })
    const { sim, a, b } = pair
    await sim.run(async () => {
      const to = await b.target.listenUDP('udp', udp('10.0.0.2', 7))
      const from = await a.target.listenUDP('udp', udp('10.0.0.1', 0))
      sim.hold(a, b)
      for (let i = 0; i < 5; i++) await from.writeTo(Uint8Array.of(i), to.localAddr)
      await wait(1000)
      sim.release(a, b)
      for (let i = 0; i < 5; i++) {
        const [p] = await to.receive()
        expect(p[0]).toBe(i)
      }
      expect(performance.now()).toBe(1005)
    })
  })

  test('a cut resets connections at both ends, or silences them, and leaves new ones alone', async () => {
    for (const how of ['reset', 'silence'] as const) {
      const pair = pairOf({ latency: 5 })
      const { sim, a, b } = pair
      await sim.run(async () => {
        const [client, server, listener] = await connect(pair)
        const reads = [client, server].map((c) => rejection(c.read(new Uint8Array(1))))
        sim.cut(a, b, how)
        if (how === 'reset') {
          for (const e of await Promise.all(reads)) expect(e.code).toBe('ECONNRESET')
        } else {
          await client.write(Uint8Array.of(1))
          for (const e of await Promise.all(reads)) expect(e.code).toBe('ETIMEDOUT')
        }
        const [again] = await Promise.all([a.target.dialTCP('tcp', null, listener.addr), listener.accept()])
        await again.close()
      })
    }
  })

  test('a host that crashes says nothing; what waits on it is ENETDOWN, and after a restart its peers are reset', async () => {
    const pair = pairOf({ latency: 5 })
    const { sim, a, b } = pair
    await sim.run(async () => {
      const [client, server, listener] = await connect(pair)
      const unix = await b.target.listenUnixgram('unixgram', null).catch(() => null)
      expect(unix).toBeNull()
      const waiting = [rejection(server.read(new Uint8Array(1))), rejection(listener.accept())]
      const before = sim.trace.count
      b.crash()
      for (const e of await Promise.all(waiting)) expect(e.code).toBe('ENETDOWN')
      expect((await rejection(server.write(Uint8Array.of(1)))).code).toBe('ENETDOWN')
      expect((await rejection(b.target.dialTCP('tcp', null, tcp('10.0.0.1', 1)))).code).toBe('ENETDOWN')
      expect(sim.trace.count).toBe(before)
      expect(b.netstat()).toEqual([])
      b.restart()
      await client.write(Uint8Array.of(1))
      expect((await rejection(client.read(new Uint8Array(1)))).code).toBe('ECONNRESET')
      const listening = await b.target.listenTCP('tcp', tcp('10.0.0.2', 80))
      const [c] = await Promise.all([a.target.dialTCP('tcp', null, listening.addr), listening.accept()])
      expect(c.remoteAddr.port).toBe(80)
    })
  })
})

describe('rules', () => {
  test('a rule sees what packets are, and drops, delays, doubles and changes them', async () => {
    const pair = pairOf({ latency: 5 })
    const { sim, a, b } = pair
    await sim.run(async () => {
      const to = await b.target.listenUDP('udp', udp('10.0.0.2', 7))
      const from = await a.target.listenUDP('udp', udp('10.0.0.1', 9))
      const seen: string[] = []
      const rule = sim.rule(({ at, from, to, src, dst, protocol, srcPort, dstPort, payload }) => {
        seen.push([at, from, to, src, dst, protocol, srcPort, dstPort, payload.byteLength].join(' '))
        switch (payload[0]) {
          case 0:
            return 'drop'
          case 1:
            return { delay: 100 }
          case 2:
            return { duplicate: 1 }
          case 3:
            return { change: Uint8Array.of(33, 34) }
          default:
            return undefined
        }
      })
      for (const i of [0, 1, 2, 3, 4]) await from.writeTo(Uint8Array.of(i), to.localAddr)
      const got: string[] = []
      for (let i = 0; i < 5; i++) {
        const [p] = await to.receive()
        got.push(`${performance.now()}: ${p.join()}`)
      }
      expect(got).toEqual(['5: 2', '5: 2', '5: 33,34', '5: 4', '105: 1'])
      expect(seen[0]).toBe('0 a b 10.0.0.1 10.0.0.2 udp 9 7 1')
      rule[Symbol.dispose]()
      await from.writeTo(Uint8Array.of(0), to.localAddr)
      expect((await to.receive())[0][0]).toBe(0)
    })
  })

  test('flags tell a SYN from an answer', async () => {
    const pair = pairOf({ latency: 5 })
    const flags: string[] = []
    pair.sim.rule((packet) => {
      flags.push(`${packet.from} ${packet.flags}`)
      return 'pass'
    })
    await pair.sim.run(async () => {
      const [client, server] = await connect(pair)
      await Promise.all([client.close(), server.close()])
      await wait(1000)
    })
    expect(flags).toEqual(['a S', 'b S.', 'a .', 'a F.', 'b F.', 'b .', 'a .'])
  })
})

test('a link that goes down and up is told to who watches interfaces, and loses what is sent meanwhile', async () => {
  const pair = pairOf({ latency: 5 })
  await pair.sim.run(async () => {
    const watch = pair.a.watchInterfaces()
    pair.link.down()
    const down = await watch.next()
    expect(down.value?.iface.flags.toString()).toBe('up|broadcast|multicast')
    const pending = watch.next()
    pair.link.up()
    expect((await pending).value?.iface.flags.toString()).toBe('up|broadcast|multicast|running')
    const last = watch.next()
    await watch.close()
    expect((await last).done).toBe(true)
    expect((await pair.a.target.interfaces()).map((i) => i.name)).toEqual(['lo', 'eth0'])
  })
})
