import { describe, expect, test } from 'vitest'
import { SimError, SimNetwork, type HostOptions, type SimOptions, type Weather } from '../src/index.ts'

function codeOf(call: () => unknown): unknown {
  try {
    call()
  } catch (e) {
    return e instanceof SimError ? e.code : e instanceof Error ? e.constructor : e
  }
  return null
}

describe('a network refuses', () => {
  test('weather that cannot be, and weather that there is not', () => {
    const sim = new SimNetwork()
    sim.host('a')
    sim.host('b')
    for (const weather of [
      { loss: -0.1 },
      { loss: 1.1 },
      { loss: NaN },
      { latency: -1 },
      { latency: Infinity },
      { jitter: -1 },
      { bandwidth: 0 },
      { queue: -1 },
      { duplicate: 2 },
      { reorder: -1 },
      { corrupt: 1.5 },
      { mtu: 67 },
      { mtu: 1500.5 },
    ] satisfies Weather[]) {
      expect(
        codeOf(() => sim.link('a', 'b', weather)),
        JSON.stringify(weather),
      ).toBe(RangeError)
    }
    for (const weather of [{ rain: 1 }, { loss: '0.1' }, null, 'storm', { latency: null }]) {
      expect(codeOf(() => sim.link('a', 'b', weather as Weather))).toBe(TypeError)
    }
    const link = sim.link('a', 'b')
    expect(codeOf(() => link.set({ loss: 2 }))).toBe(RangeError)
    expect(link.there).toEqual({})
  })

  test('names and addresses that are taken, or are none', () => {
    const sim = new SimNetwork()
    sim.host('a', { addrs: ['10.0.0.1/24', 'fd00::1/64'] })
    sim.switch('s')
    expect(codeOf(() => sim.host('a'))).toBe('TAKEN')
    expect(codeOf(() => sim.host('s'))).toBe('TAKEN')
    expect(codeOf(() => sim.switch('a'))).toBe('TAKEN')
    expect(codeOf(() => sim.host('b', { addrs: ['10.0.0.1/16'] }))).toBe('TAKEN')
    expect(codeOf(() => sim.host('b', { addrs: ['fd00:0::1/64'] }))).toBe('TAKEN')
    expect(codeOf(() => sim.host('b', { addrs: ['10.0.0.2/24', '10.0.0.2/24'] }))).toBe('TAKEN')
    for (const name of ['', 'x/y', 5 as unknown as string])
      expect(codeOf(() => sim.host(name))).toBe(TypeError)
    for (const options of [
      { addrs: ['10.0.0.2'] },
      { addrs: ['10.0.0/24'] },
      { addrs: ['10.0.0.2/33'] },
      { routes: { default: 'nowhere' } },
      { routes: { 'fd00::/64': '10.0.0.1' } },
      { addrs: [], interfaces: {} },
      { tcp: { speed: 1 } },
    ] as HostOptions[]) {
      expect(
        codeOf(() => sim.host('b', options)),
        JSON.stringify(options),
      ).toBe(TypeError)
    }
    for (const options of [{ mtu: 10 }, { tcp: { retries: -1 } }] as HostOptions[]) {
      expect(codeOf(() => sim.host('b', options))).toBe(RangeError)
    }
    // What was refused has left nothing behind.
    sim.host('b', { addrs: ['10.0.0.2/24'] })
  })

  test('links and barriers of what is not there, or not clear', () => {
    const sim = new SimNetwork()
    const a = sim.host('a', { addrs: ['10.0.0.1/24'] })
    const two = { eth0: { addrs: ['10.1.0.1/24'] }, eth1: { addrs: ['10.2.0.1/24'] } }
    sim.host('r', { interfaces: two })
    expect(codeOf(() => sim.link('a', 'nobody'))).toBe('UNKNOWN')
    expect(codeOf(() => sim.link('a', 'r/eth7'))).toBe('UNKNOWN')
    expect(codeOf(() => sim.link('a', 'r'))).toBe('UNPLACED')
    expect(codeOf(() => sim.link('a', 'a'))).toBe('UNPLACED')
    expect(codeOf(() => sim.partition('a', 'nobody'))).toBe('UNKNOWN')
    expect(codeOf(() => sim.cut(a, 'nobody'))).toBe('UNKNOWN')
    const stranger = new SimNetwork().host('a', { addrs: ['10.0.0.1/24'] })
    expect(codeOf(() => sim.link(stranger, 'r/eth0'))).toBe('UNKNOWN')
    sim.link('a', 'r/eth1')
  })

  test('options that make no sense', () => {
    for (const options of [{ clock: 'slow' }] as unknown as SimOptions[]) {
      expect(codeOf(() => new SimNetwork(options))).toBe(TypeError)
    }
    for (const options of [{ timeLimit: -1 }, { eventLimit: NaN }, { traceLimit: -5 }]) {
      expect(codeOf(() => new SimNetwork(options))).toBe(RangeError)
    }
  })
})

test('a rule that throws ends the run with what it threw', async () => {
  const sim = new SimNetwork({ seed: 1 })
  const a = sim.host('a', { addrs: ['10.0.0.1/24'] })
  sim.link(a, sim.host('b', { addrs: ['10.0.0.2/24'] }))
  sim.rule(() => {
    throw new RangeError('no such rule')
  })
  await expect(
    sim.run(async () => {
      await a.target.lookupHost('localhost')
      const { UDPAddr, parseIP } = await import('@net/addr')
      const c = await a.target.dialUDP('udp', null, new UDPAddr(parseIP('10.0.0.2'), 9))
      await c.write(Uint8Array.of(1))
    }),
  ).rejects.toThrow('no such rule')
})
