import { expect, test } from 'vitest'
import { DNSError } from '../../src/index.ts'
import { inEveryWeather, lab } from './weather.ts'

inEveryWeather((weather) => {
  const { loss = 0, latency: delay = 0, reorder = 0 } = weather
  const still = loss === 0 && reorder === 0

  test('a name is found by its search list, by its alias and whole', async () => {
    const { sim, client } = lab(weather)
    await sim.run(async () => {
      for (const name of ['server', 'alias', 'server.test.']) {
        expect((await client.lookupHost(name)).sort()).toEqual(['10.0.0.2', 'fd00::2'])
      }
    })
  })

  test('an answer that is too large is asked for by TCP', async () => {
    const { sim, client } = lab(weather)
    await sim.run(async () => {
      expect(await client.lookupTXT('big')).toHaveLength(40)
    })
    expect(sim.trace.toString()).toMatch(/tcp 10\.0\.0\.1:\d+ > 10\.0\.0\.53:53 S /)
  })

  test('a server that is dead costs its time, and the next one answers', async () => {
    const { sim, client } = lab(weather, true)
    await sim.run(async () => {
      const began = performance.now()
      expect(await client.lookupTXT('big')).toHaveLength(40)
      const took = performance.now() - began
      expect(took).toBeGreaterThanOrEqual(5000)
      if (still && delay === 0) expect(took).toBe(5000)
    })
  })

  test('a name that is not there is not found, and is no time-out', async () => {
    const { sim, client } = lab(weather)
    await sim.run(async () => {
      const error: unknown = await client.lookupHost('nobody.test.').catch((e: unknown) => e)
      expect(error).toBeInstanceOf(DNSError)
      expect(error).toMatchObject({ isNotFound: true, isTimeout: false })
    })
  })

  test('a spoofed answer is not taken: the true one is', async () => {
    const { sim, client } = lab(weather)
    // Who guesses answers at once, and wrongly, before the server does.
    sim.rule(({ from, srcPort, payload }) => {
      if (from !== 'dns' || srcPort !== 53 || payload.byteLength === 0) return 'pass'
      return Math.random() < 0.5 ? { duplicate: 1 } : { delay: 1 }
    })
    await sim.run(async () => {
      expect((await client.lookupHost('server')).sort()).toEqual(['10.0.0.2', 'fd00::2'])
    })
  })
})
