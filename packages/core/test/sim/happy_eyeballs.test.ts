import { expect, test } from 'vitest'
import { DialError, OpError } from '../../src/index.ts'
import { inEveryWeather, lab } from './weather.ts'

inEveryWeather((weather) => {
  const { loss = 0, latency: delay = 0, reorder = 0 } = weather
  const still = loss === 0 && reorder === 0

  test('a name of two families is dialled by one of them, and bytes come back', async () => {
    const { sim, client, server } = lab(weather)
    await sim.run(async () => {
      const listener = await server.listen('tcp', ':80')
      void (async () => {
        for await (const c of listener) void c.readable.pipeTo(c.writable).catch(() => {})
      })()
      const conn = await client.dial('tcp', 'server:80')
      const sent = Uint8Array.from({ length: 30_000 }, (_, i) => i)
      const got = new Uint8Array(sent.byteLength)
      const read = async (): Promise<void> => {
        for (let at = 0; at < got.byteLength;) at += (await conn.read(got.subarray(at))) ?? NaN
      }
      await Promise.all([read(), conn.write(sent)])
      expect(got).toEqual(sent)
      await Promise.all([conn.close(), listener.close()])
    })
  })

  test('of two families of which one says nothing, the other is tried after the delay and is what stands', async () => {
    const { sim, client, server } = lab(weather)
    sim.rule(({ dst }) => (dst === '10.0.0.2' ? 'drop' : 'pass'))
    await sim.run(async () => {
      const listener = await server.listen('tcp', ':80')
      // The name first, so that nothing but the dial is timed.
      await client.lookupHost('server')
      const began = performance.now()
      const conn = await client.dial('tcp', 'server:80', { fallbackDelay: 250 })
      expect(conn.remoteAddr.toString()).toBe('[fd00::2]:80')
      if (still) expect(performance.now() - began).toBe(2 * delay + 250 + 2 * delay)
      await Promise.all([conn.close(), listener.close()])
    })
  })

  test('of two families of which one has nobody, the other is what stands', async () => {
    const { sim, client, server } = lab(weather)
    await sim.run(async () => {
      const listener = await server.listen('tcp', ':80')
      const conn = await client.dial('tcp', 'half:80', { fallbackDelay: 250 })
      expect(conn.remoteAddr.toString()).toBe('[fd00::2]:80')
      await Promise.all([conn.close(), listener.close()])
    })
  })

  test('a port that both families refuse is refused by both, and nothing is left', async () => {
    const { sim, client } = lab(weather)
    await sim.run(async () => {
      const error: unknown = await client
        .dial('tcp', 'server:81', { fallbackDelay: 250 })
        .catch((e: unknown) => e)
      expect(error).toBeInstanceOf(OpError)
      expect((error as OpError).code).toBe('ECONNREFUSED')
      expect(error instanceof DialError && error.errors.length).toBe(2)
    })
    expect(sim.leaks().filter(({ host }) => host === 'client')).toEqual([])
  })
})
