import { ErrClosed, isErr } from '@net/contract'
import { describe, expect, test } from 'vitest'
import { SimNetwork } from '../src/index.ts'
import { connect, pairOf, readFull, rejection, tcp, wait } from './pair.ts'

const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i * 7)

describe('the handshake', () => {
  test('a SYN that nobody answers is sent again after 1, 3, 7, 15, 31 and 63 seconds; then it is ETIMEDOUT', async () => {
    const { sim, a, b } = pairOf()
    b.crash()
    await sim.run(async () => {
      const error = await rejection(a.target.dialTCP('tcp', null, tcp('10.0.0.2', 80)))
      expect(error.message).toMatch(/^dial tcp 10\.0\.0\.2:80: connect: connection timed out/)
      expect(error.code).toBe('ETIMEDOUT')
      expect(performance.now()).toBe(127_000)
    })
    const syns = [...sim.trace].filter(({ what }) => what === 'out').map(({ at }) => at / 1000)
    expect(syns).toEqual([0, 1, 3, 7, 15, 31, 63])
  })

  test('a port that nobody listens on is ECONNREFUSED after a round trip', async () => {
    const { sim, a } = pairOf({ latency: 30 })
    await sim.run(async () => {
      const error = await rejection(a.target.dialTCP('tcp', null, tcp('10.0.0.2', 80)))
      expect(error.code).toBe('ECONNREFUSED')
      expect(performance.now()).toBe(60)
    })
  })

  test('no route is ENETUNREACH at once, and a neighbour that is not there EHOSTUNREACH after three seconds', async () => {
    const { sim, a } = pairOf()
    await sim.run(async () => {
      expect((await rejection(a.target.dialTCP('tcp', null, tcp('192.0.2.1', 80)))).code).toBe('ENETUNREACH')
      expect(performance.now()).toBe(0)
      expect((await rejection(a.target.dialTCP('tcp', null, tcp('10.0.0.9', 80)))).code).toBe('EHOSTUNREACH')
      expect(performance.now()).toBe(3000)
    })
  })

  test('addresses of others are EADDRNOTAVAIL, ports in use EADDRINUSE', async () => {
    const { sim, a, b } = pairOf()
    await sim.run(async () => {
      const taken = await b.target.listenTCP('tcp', tcp('10.0.0.2', 80))
      expect((await rejection(b.target.listenTCP('tcp', tcp('10.0.0.1', 81)))).code).toBe('EADDRNOTAVAIL')
      expect((await rejection(b.target.listenTCP('tcp', tcp('0.0.0.0', 80)))).code).toBe('EADDRINUSE')
      const own = tcp('10.0.0.1', 5000)
      const first = await a.target.dialTCP('tcp', own, taken.addr)
      const again = await rejection(a.target.dialTCP('tcp', own, taken.addr))
      expect(again.code).toBe('EADDRNOTAVAIL')
      await Promise.all([first.close(), taken.close()])
    })
  })

  test('both ends may begin at once', async () => {
    const { sim, a, b } = pairOf({ latency: 20 })
    await sim.run(async () => {
      const [one, other] = [tcp('10.0.0.1', 1000), tcp('10.0.0.2', 2000)]
      const [x, y] = await Promise.all([
        a.target.dialTCP('tcp', one, other),
        b.target.dialTCP('tcp', other, one),
      ])
      await x.write(bytes(100))
      expect(await readFull(y, 100)).toEqual(bytes(100))
      await Promise.all([x.close(), y.close()])
    })
    expect(sim.trace.toString()).toContain('10.0.0.2:2000 S. ')
  })

  test('a backlog that is full takes who comes later when there is room again', async () => {
    const { sim, a, b } = pairOf({ latency: 1 })
    await sim.run(async () => {
      const listener = await b.target.listenTCP('tcp', tcp('10.0.0.2', 80), { backlog: 2 })
      const dials = [1, 2, 3].map(() => a.target.dialTCP('tcp', null, listener.addr))
      await Promise.all(dials.slice(0, 2))
      let third = false
      const late = dials[2]?.then((c) => {
        third = true
        return c
      })
      await wait(500)
      expect(third).toBe(false)
      const accepted = await Promise.all([1, 2, 3].map(() => listener.accept()))
      await late
      expect(performance.now()).toBeGreaterThanOrEqual(1000)
      await Promise.all([...accepted, ...(await Promise.all(dials)), listener].map((c) => c.close()))
    })
  })
})

describe('the stream', () => {
  test('sequence numbers go round past 2^32 without anybody noticing', async () => {
    const pair = pairOf({ loss: 0.05, latency: 5 }, {}, { tcp: { firstSequence: 2 ** 32 - 5000 } })
    await pair.sim.run(async () => {
      const [client, server] = await connect(pair)
      const [got] = await Promise.all([readFull(server, 100_000), client.write(bytes(100_000))])
      expect(got).toEqual(bytes(100_000))
    })
    const text = pair.sim.trace.toString()
    expect(text).toMatch(/seq 429496\d{4} /)
    expect(text).toMatch(/seq \d{4} /)
  })

  test('what is lost once is sent again after three duplicates, long before its time', async () => {
    const pair = pairOf({ latency: 50 })
    let lost = 0
    pair.sim.rule(({ payload, from }) => {
      if (from !== 'a' || payload.byteLength === 0 || lost++ !== 3) return 'pass'
      return 'drop'
    })
    await pair.sim.run(async () => {
      const [client, server] = await connect(pair)
      const begin = performance.now()
      const [got] = await Promise.all([readFull(server, 14_600), client.write(bytes(14_600))])
      expect(got).toEqual(bytes(14_600))
      expect(performance.now() - begin).toBe(150) // one way, the duplicates, and the segment once more
    })
  })

  test('a time-out waits twice as long each time, and in the end it is ETIMEDOUT', async () => {
    const pair = pairOf({ latency: 10 }, {}, { tcp: { retries: 4 } })
    await pair.sim.run(async () => {
      const [client] = await connect(pair)
      pair.sim.partition('a', 'b')
      await client.write(bytes(10))
      const error = await rejection(client.read(new Uint8Array(1)))
      expect(error.code).toBe('ETIMEDOUT')
    })
    const sent = [...pair.sim.trace]
      .filter((s) => s.what === 'lost' && s.where === 'a/eth0')
      .map(({ at }) => at)
    const gaps = sent.slice(1).map((at, i) => at - (sent[i] ?? 0))
    expect(gaps).toHaveLength(4)
    for (let i = 1; i < gaps.length; i++) expect((gaps[i] ?? 0) / (gaps[i - 1] ?? 0)).toBeCloseTo(2)
  })

  test('a user time-out ends it sooner', async () => {
    const pair = pairOf({ latency: 10 }, {}, { tcp: { userTimeout: 3000 } })
    await pair.sim.run(async () => {
      const [client] = await connect(pair)
      pair.sim.partition('a', 'b')
      const begin = performance.now()
      await client.write(bytes(10))
      expect((await rejection(client.read(new Uint8Array(1)))).code).toBe('ETIMEDOUT')
      expect(performance.now() - begin).toBeLessThan(8000)
    })
  })

  test('a window that is full is asked about until it opens', async () => {
    const pair = pairOf({ latency: 5 })
    await pair.sim.run(async () => {
      const [client, server] = await connect(pair)
      const writing = client.write(bytes(1_000_000))
      await wait(20_000)
      expect(pair.b.netstat().find((s) => s.state === 'ESTABLISHED')?.received).toBe(262_140) // what the scaled window can say
      // The news of the open window is lost, so that only asking helps.
      const news = pair.sim.rule(({ from }) => (from === 'b' ? 'drop' : 'pass'))
      expect((await readFull(server, 262_140)).byteLength).toBe(262_140)
      news[Symbol.dispose]()
      await readFull(server, 1_000_000 - 262_140)
      expect(await writing).toBe(1_000_000)
    })
    expect(pair.sim.trace.toString()).toMatch(/win 0 len 0/)
  })

  test('Nagle keeps small segments back while one is under way, and only when he is asked to', async () => {
    for (const [noDelay, segments] of [
      [true, 10],
      [false, 2],
    ] as const) {
      const pair = pairOf({ latency: 50 })
      await pair.sim.run(async () => {
        const [client, server] = await connect(pair)
        client.setNoDelay(noDelay)
        for (let i = 0; i < 10; i++) await client.write(bytes(10))
        await readFull(server, 100)
      })
      const sent = [...pair.sim.trace].filter(({ packet: { body }, what, where }) => {
        return what === 'out' && where === 'a/eth0' && body.data.byteLength > 0
      })
      expect(sent).toHaveLength(segments)
    }
  })

  test('an acknowledgement waits 40 ms for something to go with', async () => {
    const pair = pairOf({ latency: 5 })
    await pair.sim.run(async () => {
      const [client, server] = await connect(pair)
      for (let i = 0; i < 2; i++) {
        await client.write(bytes(10))
        await readFull(server, 10)
        await wait(1000)
      }
    })
    const [last, before] = [...pair.sim.trace].filter(({ where }) => where === 'b/eth0').reverse()
    expect(last?.what).toBe('out')
    expect((last?.at ?? 0) - (before?.at ?? 0)).toBeCloseTo(40)
  })
})

describe('the end', () => {
  test('one half may end while the other goes on', async () => {
    const pair = pairOf({ latency: 5 })
    await pair.sim.run(async () => {
      const [client, server, listener] = await connect(pair)
      await client.closeWrite()
      expect(await server.read(new Uint8Array(1))).toBeNull()
      expect(pair.b.netstat().map((s) => s.state)).toContain('CLOSE-WAIT')
      await server.write(bytes(1000))
      expect(await readFull(client, 1000)).toEqual(bytes(1000))
      expect((await rejection(client.write(bytes(1)))).code).toBe('EPIPE')
      await Promise.all([client.close(), server.close(), listener.close()])
      await wait(100)
      expect(pair.a.netstat().map((s) => s.state)).toEqual(['TIME-WAIT'])
      expect(pair.b.netstat()).toEqual([])
      await wait(60_000)
      expect(pair.a.netstat()).toEqual([])
    })
  })

  test('both ends may end at once: each is CLOSING when it has the other’s FIN before its own is acknowledged', async () => {
    const pair = pairOf({ latency: 20 })
    await pair.sim.run(async () => {
      const [client, server, listener] = await connect(pair)
      await wait(100)
      await Promise.all([client.closeWrite(), server.closeWrite(), listener.close()])
      await wait(30)
      for (const host of [pair.a, pair.b]) expect(host.netstat().map((s) => s.state)).toEqual(['CLOSING'])
      await wait(20)
      for (const host of [pair.a, pair.b]) expect(host.netstat().map((s) => s.state)).toEqual(['TIME-WAIT'])
      expect(await client.read(new Uint8Array(1))).toBeNull()
      expect(await server.read(new Uint8Array(1))).toBeNull()
      await Promise.all([client.close(), server.close()])
      await wait(60_000)
      for (const host of [pair.a, pair.b]) expect(host.netstat()).toEqual([])
    })
  })

  test('close() with something unread, and setLinger(0), reset', async () => {
    for (const reset of [true, false]) {
      const pair = pairOf({ latency: 5 })
      await pair.sim.run(async () => {
        const [client, server] = await connect(pair)
        if (reset) client.setLinger(0)
        else await server.write(bytes(10))
        await wait(50)
        const reading = rejection(server.read(new Uint8Array(1)))
        await client.close()
        expect((await reading).code).toBe('ECONNRESET')
        expect(await server.read(new Uint8Array(1))).toBeNull()
        expect((await rejection(server.write(bytes(1)))).code).toBe('EPIPE')
        expect(pair.a.netstat()).toEqual([])
      })
    }
  })

  test('close() with a linger waits until the peer has everything, or so many seconds', async () => {
    const pair = pairOf({ latency: 100 })
    await pair.sim.run(async () => {
      const [client, server] = await connect(pair)
      client.setLinger(5)
      await client.write(bytes(10))
      const begin = performance.now()
      const closing = client.close()
      expect(isErr(await rejection(client.read(new Uint8Array(1))), ErrClosed)).toBe(true)
      await closing
      expect(performance.now() - begin).toBeGreaterThanOrEqual(200)
      await readFull(server, 10)
      pair.sim.partition('a', 'b')
      server.setLinger(2)
      await server.write(bytes(10))
      const late = performance.now()
      await server.close()
      expect(performance.now() - late).toBe(2000)
    })
  })

  test('keep-alive finds out that the peer is gone', async () => {
    const pair = pairOf({ latency: 5 })
    await pair.sim.run(async () => {
      const [client] = await connect(pair)
      client.setKeepAliveConfig({ enable: true, idle: 10_000, interval: 1000, count: 3 })
      pair.b.crash()
      const begin = performance.now()
      expect((await rejection(client.read(new Uint8Array(1)))).code).toBe('ETIMEDOUT')
      expect(performance.now() - begin).toBeCloseTo(13_000, -2)
    })
  })
})

test('a router tells of the MTU of a link further on, and segments become smaller', async () => {
  const sim = new SimNetwork({ seed: 1 })
  const a = sim.host('a', { addrs: ['10.0.1.1/24', 'fd01::1/64'], routes: { default: '10.0.1.254' } })
  const b = sim.host('b', { addrs: ['10.0.2.1/24', 'fd02::1/64'], routes: { default: '10.0.2.254' } })
  a.route('default', 'fd01::fe')
  b.route('default', 'fd02::fe')
  const near = sim.router('near', {
    interfaces: {
      eth0: { addrs: ['10.0.1.254/24', 'fd01::fe/64'] },
      eth1: { addrs: ['10.0.9.1/24', 'fd09::1/64'] },
    },
    routes: { '10.0.2.0/24': '10.0.9.2', 'fd02::/64': 'fd09::2' },
  })
  const far = sim.router('far', {
    interfaces: {
      eth0: { addrs: ['10.0.9.2/24', 'fd09::2/64'] },
      eth1: { addrs: ['10.0.2.254/24', 'fd02::fe/64'] },
    },
    routes: { '10.0.1.0/24': '10.0.9.1', 'fd01::/64': 'fd09::1' },
  })
  sim.link(a, near, { latency: 1 })
  sim.link(near, far, { latency: 1, mtu: 1300 })
  sim.link(far, b, { latency: 1 })
  await sim.run(async () => {
    for (const addr of ['10.0.2.1', 'fd02::1']) {
      const listener = await b.target.listenTCP('tcp', tcp(addr, 80))
      const [client, server] = await Promise.all([
        a.target.dialTCP('tcp', null, listener.addr),
        listener.accept(),
      ])
      const [got] = await Promise.all([readFull(server, 100_000), client.write(bytes(100_000))])
      expect(got).toEqual(bytes(100_000))
      const came = [...sim.trace].filter((s) => s.where === 'b/eth0' && s.packet.dst === addr)
      const largest = Math.max(...came.map((s) => s.packet.body.data.byteLength))
      expect(largest).toBe(addr.includes(':') ? 1240 : 1260)
      await Promise.all([client.close(), server.close(), listener.close()])
    }
  })
  expect(sim.trace.toString()).toContain('icmp 10.0.1.254 > 10.0.1.1 type 3 code 4')
  expect(sim.trace.toString()).toContain('icmp fd01::fe > fd01::1 type 2 code 0')
})
