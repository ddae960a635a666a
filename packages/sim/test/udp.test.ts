import { IPAddr, parseIP, type IP } from '@net/addr'
import { expect, test } from 'vitest'
import { SimNetwork, type Host } from '../src/index.ts'
import { pairOf, rejection, udp } from './pair.ts'

const ip = (text: string): IP => {
  const parsed = parseIP(text)
  if (parsed === null) throw new Error(text)
  return parsed
}

function lan(n: number): { sim: SimNetwork; hosts: Host[] } {
  const sim = new SimNetwork({ seed: 1 })
  const hosts = Array.from({ length: n }, (_, i) =>
    sim.host(`h${i}`, { addrs: [`10.0.0.${i + 1}/24`, `fd00::${i + 1}/64`] }),
  )
  sim.switch('lan', hosts, { latency: 1 })
  return { sim, hosts }
}

test('a connected socket is told that nobody is there; one that is not is not', async () => {
  const { sim, a } = pairOf({ latency: 5 })
  await sim.run(async () => {
    for (const addr of ['10.0.0.2', 'fd00::2']) {
      const c = await a.target.dialUDP('udp', null, udp(addr, 9))
      await c.write(Uint8Array.of(1))
      const e = await rejection(c.read(new Uint8Array(1)))
      expect(e.code).toBe('ECONNREFUSED')
      const p = await a.target.listenUDP('udp', null)
      await p.writeTo(Uint8Array.of(1), udp(addr, 9))
      p.setReadTimeout(1000)
      expect((await rejection(p.readFrom(new Uint8Array(1)))).message).toContain('i/o timeout')
      await Promise.all([c.close(), p.close()])
    }
  })
})

test('what is larger than the link goes in fragments, and is lost as a whole when one of them is', async () => {
  for (const addr of ['10.0.0.2', 'fd00::2']) {
    const { sim, a, b } = pairOf({ latency: 5 })
    await sim.run(async () => {
      const to = await b.target.listenUDP('udp', udp(addr, 7))
      const from = await a.target.listenUDP('udp', null)
      const data = Uint8Array.from({ length: 5000 }, (_, i) => i * 3)
      await from.writeTo(data, to.localAddr)
      expect((await to.receive(new Uint8Array(9000)))[0]).toEqual(data)
      let n = 0
      const rule = sim.rule(({ protocol }) => (protocol === 'fragment' && n++ === 2 ? 'drop' : 'pass'))
      await from.writeTo(data, to.localAddr)
      rule[Symbol.dispose]()
      await from.writeTo(Uint8Array.of(1), to.localAddr)
      expect((await to.receive())[0]).toEqual(Uint8Array.of(1))
    })
    expect([...sim.trace].filter((s) => s.packet.body.kind === 'fragment' && s.what === 'in')).toHaveLength(7)
  }
})

test('a group’s members get what is sent to it, others do not; leaving ends it', async () => {
  for (const group of ['239.1.2.3', 'ff02::1:2']) {
    const { sim, hosts } = lan(4)
    const [sender, one, two, other] = hosts.map((h) => h.target)
    await sim.run(async () => {
      const first = await one?.listenMulticastUDP('udp', null, udp(group, 5000))
      const second = await two?.listenMulticastUDP('udp', null, udp(group, 5000))
      const outside = await other?.listenUDP('udp', udp('0.0.0.0', 5000))
      const from = await sender?.listenUDP('udp', null)
      await from?.writeTo(Uint8Array.of(7), udp(group, 5000))
      for (const m of [first, second]) expect((await m?.receive())?.[0]).toEqual(Uint8Array.of(7))
      first?.leaveGroup(ip(group))
      await from?.writeTo(Uint8Array.of(8), udp(group, 5000))
      expect((await second?.receive())?.[0]).toEqual(Uint8Array.of(8))
      for (const m of [first, outside]) {
        m?.setReadTimeout(100)
        await expect(m?.receive()).rejects.toThrow('i/o timeout')
      }
      expect((await (await two?.interfaceByName('eth0'))?.multicastAddrs())?.map(String)).toEqual([group])
    })
  }
})

test('a broadcast reaches everybody on the network, the sender included', async () => {
  for (const addr of ['10.0.0.255', '255.255.255.255']) {
    const { sim, hosts } = lan(3)
    await sim.run(async () => {
      const all = await Promise.all(hosts.map((h) => h.target.listenUDP('udp4', udp('0.0.0.0', 5000))))
      await all[0]?.writeTo(Uint8Array.of(7), udp(addr, 5000))
      for (const p of all) {
        const [got, from] = await p.receive()
        expect(got).toEqual(Uint8Array.of(7))
        expect(from.toString()).toBe('10.0.0.1:5000')
      }
    })
  }
})

test('a socket of both families talks to both', async () => {
  const { sim, a, b } = pairOf({ latency: 1 })
  await sim.run(async () => {
    const both = await b.target.listenUDP('udp', null)
    expect(both.localAddr.toString()).toMatch(/^\[::\]:\d+$/)
    for (const addr of ['10.0.0.2', 'fd00::2']) {
      const c = await a.target.dialUDP('udp', null, udp(addr, both.localAddr.port))
      await c.write(Uint8Array.of(1))
      const [, from] = await both.receive()
      expect(from.toString()).toBe(c.localAddr.toString())
      await both.writeTo(Uint8Array.of(2), from)
      expect(await c.read(new Uint8Array(5))).toBe(1)
    }
  })
})

test('a ping over raw IP is answered by the other host, through a router as well', async () => {
  const sim = new SimNetwork({ seed: 1 })
  const a = sim.host('a', { addrs: ['10.0.1.1/24'], routes: { default: '10.0.1.254' } })
  const b = sim.host('b', { addrs: ['10.0.2.1/24'], routes: { default: '10.0.2.254' } })
  const r = sim.router('r', { addrs: ['10.0.1.254/24', '10.0.2.254/24'] })
  sim.link(a, r, { latency: 10 })
  sim.link(r, b, { latency: 10 })
  await sim.run(async () => {
    const c = await a.target.dialIP('ip4:icmp', null, new IPAddr(ip('10.0.2.1')))
    const request = Uint8Array.of(8, 0, 0, 0, 0, 1, 0, 2, 104, 105)
    await c.write(request)
    const p = new Uint8Array(100)
    const n = await c.read(p)
    expect([...p.subarray(0, 2), ...p.subarray(4, n)]).toEqual([0, 0, 0, 1, 0, 2, 104, 105])
    expect(performance.now()).toBe(40)
    await c.write(request)
    const whole = await c.readMsgIP(p, new Uint8Array(0))
    expect(whole.n).toBe(30)
    expect(p[0]).toBe(0x45)
    expect(p[8]).toBe(63) // the router has taken one
    await c.close()
  })
})

test('a packet that passes too many routers is told of', async () => {
  const sim = new SimNetwork({ seed: 1 })
  const a = sim.host('a', { addrs: ['10.0.1.1/24'], routes: { default: '10.0.1.254' } })
  const r = sim.router('r', { addrs: ['10.0.1.254/24', '10.0.2.1/24'], routes: { default: '10.0.2.2' } })
  const s = sim.router('s', { addrs: ['10.0.2.2/24'], routes: { default: '10.0.2.1' } }) // a loop
  sim.link(a, r, { latency: 1 })
  sim.link(r, s, { latency: 1 })
  await sim.run(async () => {
    const c = await a.target.dialUDP('udp', null, udp('192.0.2.1', 9))
    await c.write(Uint8Array.of(1))
    expect((await rejection(c.read(new Uint8Array(1)))).code).toBe('EHOSTUNREACH')
  })
  expect(sim.trace.toString()).toContain('type 11 code 0')
})
