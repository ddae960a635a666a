import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { explore, SimNetwork, type Weather } from '../src/index.ts'
import { connect, pairOf, readFull, udp, wait } from './pair.ts'

const storm: Weather = { latency: 20, jitter: 10, loss: 0.1, duplicate: 0.05, reorder: 0.1, corrupt: 0.02 }

async function talk(seed: string): Promise<string> {
  const pair = pairOf(storm, { seed, traceLimit: 1e6 })
  const { sim, a, b } = pair
  await sim.run(async () => {
    const [client, server, listener] = await connect(pair)
    const sizes = Array.from({ length: 20 }, () => 1 + Math.floor(Math.random() * 5000))
    const total = sizes.reduce((x, y) => x + y)
    const write = async (): Promise<void> => {
      for (const size of sizes) {
        await client.write(new Uint8Array(size).fill(size))
        await wait(Math.random() * 50)
      }
    }
    await Promise.all([write(), readFull(server, total)])
    const from = await a.target.listenUDP('udp', udp('10.0.0.1', 0))
    const to = await b.target.listenUDP('udp', udp('10.0.0.2', 7))
    for (let i = 0; i < 10; i++) await from.writeTo(new Uint8Array(i), to.localAddr)
    await Promise.all([client.close(), server.close(), listener.close(), from.close(), to.close()])
  })
  return createHash('sha256').update(sim.trace.toString()).update(sim.pcapng()).digest('hex')
}

test('the same seed gives the same packets to the byte, for 200 seeds, and another seed gives others', async () => {
  const digests: string[] = []
  for (let seed = 0; seed < 200; seed++) {
    const digest = await talk(String(seed))
    expect(await talk(String(seed)), `seed ${seed}`).toBe(digest)
    digests.push(digest)
  }
  expect(new Set(digests).size).toBe(200)
})

test('explore() gives null when no seed fails, and else the first that does, with its trace', async () => {
  expect(await explore(5, async () => {})).toBeNull()
  const race = async (sim: SimNetwork): Promise<void> => {
    const a = sim.host('a', { addrs: ['10.0.0.1/24'] })
    const b = sim.host('b', { addrs: ['10.0.0.2/24'] })
    sim.link(a, b, { latency: 1, loss: 0.2 })
    const to = await b.target.listenUDP('udp', udp('10.0.0.2', 7))
    const from = await a.target.dialUDP('udp', null, to.localAddr)
    to.setReadTimeout(100)
    await from.write(new Uint8Array(1))
    await to.read(new Uint8Array(1))
  }
  const failure = await explore(100, race)
  expect(failure?.trace).toContain('(loss)')
  expect(String(failure?.error)).toContain(`SIM_SEED=${failure?.seed}`)
  // The seed alone brings it about again, and no seed before it does.
  const again = new SimNetwork({ seed: failure?.seed })
  await expect(again.run(() => race(again))).rejects.toThrow('i/o timeout')
  expect(again.trace.toString()).toBe(failure?.trace)
  expect(await explore(Number(failure?.seed) - 1, race)).toBeNull()
})

test('SIM_SEED takes the place of every seed, and a run that fails tells its own', async () => {
  process.env.SIM_SEED = '77'
  try {
    const sim = new SimNetwork({ seed: 5 })
    expect(sim.seed).toBe('77')
    const failed = sim.run(() => Promise.reject(new RangeError('no')))
    await expect(failed).rejects.toThrow(/^no \(seed 77: SIM_SEED=77 brings it about again\)$/)
    await expect(failed).rejects.toBeInstanceOf(RangeError)
  } finally {
    delete process.env.SIM_SEED
  }
  expect(new SimNetwork({ seed: 5 }).seed).toBe('5')
})
