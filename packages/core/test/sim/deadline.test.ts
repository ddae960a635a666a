import { expect, test } from 'vitest'
import { ErrDeadlineExceeded, isErr, type TCPConn, type TCPListener } from '../../src/index.ts'
import { inEveryWeather, lab, type Lab } from './weather.ts'

async function connected({ client, server }: Lab): Promise<[TCPConn, TCPConn, TCPListener]> {
  const listener = await server.listen('tcp', '10.0.0.2:80')
  const [near, far] = await Promise.all([client.dial('tcp', '10.0.0.2:80'), listener.accept()])
  return [near, far, listener]
}

/** How long it took until a promise was rejected because of its time, in milliseconds of virtual time. */
async function timedOut(promise: Promise<unknown>): Promise<number> {
  const began = performance.now()
  const error: unknown = await promise.then(
    () => null,
    (e: unknown) => e,
  )
  expect(isErr(error, ErrDeadlineExceeded)).toBe(true)
  return performance.now() - began
}

inEveryWeather((weather) => {
  test('deadlines of reads, writes and accepts come at their moment, and what comes later works again', async () => {
    const made = lab(weather)
    await made.sim.run(async () => {
      const [near, far, listener] = await connected(made)
      near.setReadDeadline(Date.now() + 1234)
      expect(await timedOut(near.read(new Uint8Array(1)))).toBe(1234)
      near.setReadTimeout(17)
      near.setReadDeadline(null)
      expect(await timedOut(near.read(new Uint8Array(1)))).toBe(17)
      listener.setDeadline(Date.now() + 777)
      expect(await timedOut(listener.accept())).toBe(777)
      near.setReadTimeout(0)
      near.setWriteDeadline(Date.now() + 5678)
      expect(await timedOut(near.write(new Uint8Array(4 << 20)))).toBe(5678)
      near.setWriteDeadline(null)
      await far.write(Uint8Array.of(7))
      const p = new Uint8Array(1)
      expect([await near.read(p), p[0]]).toEqual([1, 7])
      near.setLinger(0)
      await Promise.all([near.close(), far.close(), listener.close()])
    })
  })

  test('a dial gives up at its moment, of a name whose server says nothing too', async () => {
    const { sim, client } = lab(weather)
    await sim.run(async () => {
      sim.partition('client', ['server', 'dns'])
      for (const address of ['10.0.0.2:80', 'server:80']) {
        expect(await timedOut(client.dial('tcp', address, { timeout: 4321 }))).toBe(4321)
      }
    })
    expect(sim.leaks().filter(({ host }) => host === 'client')).toEqual([])
  })

  test('a signal ends a dial and a read at its moment, with its reason', async () => {
    const made = lab(weather)
    await made.sim.run(async () => {
      const [near, far, listener] = await connected(made)
      const began = performance.now()
      const reading = near.read(new Uint8Array(1), { signal: AbortSignal.timeout(50) })
      await expect(reading).rejects.toMatchObject({ name: 'TimeoutError' })
      expect(performance.now() - began).toBe(50)
      made.sim.partition('client', 'server')
      const dialling = made.client.dial('tcp', '10.0.0.2:80', { signal: AbortSignal.timeout(60) })
      await expect(dialling).rejects.toMatchObject({ name: 'TimeoutError' })
      expect(performance.now() - began).toBe(110)
      await Promise.all([near.close(), far.close(), listener.close()])
    })
  })
})
