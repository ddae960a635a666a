import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import timers from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { SimError, SimNetwork } from '../src/index.ts'
import { connect, pairOf, rejection, wait } from './pair.ts'

test('clocks and timers of a run are those of the network, and nothing waits for real', async () => {
  const sim = new SimNetwork({ seed: 1, epoch: Date.UTC(2030, 0, 1) })
  const before = performance.now()
  const hour = 3_600_000
  await sim.run(async () => {
    expect(new Date().toISOString()).toBe('2030-01-01T00:00:00.000Z')
    expect(performance.now()).toBe(0)
    await wait(hour / 2)
    await timers.setTimeout(10)
    const signal = AbortSignal.timeout(90)
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    expect((signal.reason as DOMException).name).toBe('TimeoutError')
    expect(performance.now()).toBe(hour / 2 + 100)
    expect(Date.now()).toBe(Date.UTC(2030, 0, 1) + hour / 2 + 100)
    expect(process.hrtime.bigint()).toBe(BigInt(hour / 2 + 100) * 1_000_000n)
  })
  expect(sim.now).toBe(hour / 2 + 100)
  expect(performance.now() - before).toBeLessThan(hour / 2)
  // Real time is back.
  expect(Date.now()).not.toBe(Date.UTC(2030, 0, 1) + hour / 2 + 100)
  // The next run goes on where the last one ended.
  await sim.run(() => {
    expect(performance.now()).toBe(hour / 2 + 100)
  })
})

test('two timers of one moment each let what they resolve go on before the next', async () => {
  const order: string[] = []
  await new SimNetwork().run(async () => {
    const one = new Promise<void>((resolve) => setTimeout(resolve, 5)).then(() => order.push('one goes on'))
    const two = new Promise<void>((resolve) => setTimeout(() => (order.push('two'), resolve()), 5))
    await Promise.all([one, two])
  })
  expect(order).toEqual(['one goes on', 'two'])
})

test('a program that asks again and again does not keep time from passing', async () => {
  const pair = pairOf({ latency: 5 })
  await pair.sim.run(async () => {
    let open = false
    void connect(pair).then(() => (open = true))
    while (!open) await new Promise((resolve) => setImmediate(resolve))
    expect(performance.now()).toBeGreaterThanOrEqual(15)
    expect(performance.now()).toBeLessThan(40)
  })
})

test('a run within a run is refused, and the outer one goes on', async () => {
  const sim = new SimNetwork()
  await sim.run(async () => {
    const error = await rejection(sim.run(() => {}))
    expect(error).toBeInstanceOf(SimError)
    expect(error.code).toBe('NESTED')
    await wait(10)
  })
  expect(sim.now).toBe(10)
})

test('a body that nothing can go on for is told of with the end of the trace', async () => {
  const pair = pairOf({ latency: 5 })
  const error = await rejection(
    pair.sim.run(async () => {
      const [client, server] = await connect(pair)
      for (const c of [client, server]) c.setKeepAlive(false)
      await client.read(new Uint8Array(1))
    }),
  )
  expect(error.code).toBe('STUCK')
  expect(error.message).toMatch(/a waits: read tcp 10\.0\.0\.1:\d+ -> 10\.0\.0\.2:80\n/)
  expect(error.message).toMatch(/15\.000 in b\/eth0 tcp 10\.0\.0\.1:\d+ > 10\.0\.0\.2:80 \. seq \d+/)
  const stuck = await rejection(pairOf().sim.run(() => new Promise(() => {})))
  expect(stuck).toBeInstanceOf(SimError)
  expect(stuck.code).toBe('STUCK')
})

test('a body that does not end is stopped by the limits of time and of events, with the end of the trace', async () => {
  const late = new SimNetwork({ seed: 1, timeLimit: 1000 })
  const tick = async (): Promise<never> => {
    for (;;) await wait(100)
  }
  expect(await rejection(late.run(tick))).toMatchObject({ code: 'LIMIT', name: 'SimError' })
  expect(late.now).toBe(1000)
  const pair = pairOf({ latency: 1 }, { eventLimit: 200 })
  const busy = await rejection(
    pair.sim.run(async () => {
      const [client, server] = await connect(pair)
      const p = new Uint8Array(10)
      for (;;) {
        await client.write(p)
        await server.read(p)
      }
    }),
  )
  expect(busy.code).toBe('LIMIT')
  expect(busy.message).toMatch(/out a\/eth0 tcp 10\.0\.0\.1:\d+ > 10\.0\.0\.2:80 P\. seq/)
})

test('a thread and a child process are refused where they are seen', async () => {
  const forever = 'setInterval(() => {}, 1000)'
  const ends: (() => unknown)[] = []
  const bodies = [
    () => {
      const thread = new Worker(forever, { eval: true })
      ends.push(() => thread.terminate())
      return once(thread, 'message')
    },
    () => {
      const child = spawn(process.execPath, ['-e', forever])
      ends.push(() => child.kill())
      return once(child, 'message')
    },
  ]
  for (const body of bodies) {
    const error = await rejection(new SimNetwork().run(body))
    expect(error.code).toBe('OUTSIDE')
    expect(error.message).toMatch(/something real, which no seed can bring back: .*(MessagePort|ProcessWrap)/)
  }
  for (const end of ends) await end()
})

test('a real socket is refused where it is seen', async () => {
  const sim = new SimNetwork()
  const server = createServer()
  const error = await rejection(
    sim.run(async () => {
      server.listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('connection', resolve))
    }),
  )
  server.close()
  expect(error.code).toBe('OUTSIDE')
  expect(error.message).toContain('TCPServerWrap')
})

test('a file is refused where it is seen: a pipe that nobody writes to', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'net-sim-'))
  const pipe = join(dir, 'pipe')
  execFileSync('mkfifo', [pipe])
  const opening: Promise<void>[] = []
  const error = await rejection(
    new SimNetwork().run(async () => {
      opening.push(open(pipe, 'r').then((file) => file.close()))
      await opening[0]
    }),
  )
  // The open waits for a writer, which comes now.
  const writer = openSync(pipe, 'r+')
  await Promise.all(opening)
  closeSync(writer)
  rmSync(dir, { recursive: true })
  expect(error.code).toBe('OUTSIDE')
  expect(error.message).toContain('FSReq')
})
