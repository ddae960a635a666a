import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { parseIP, TCPAddr } from '@net/addr'
import type { TCPConn, TCPListener } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync, posix } from '../src/index.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
afterAll(check)

// A worker runs the package as users have it, from dist.
function start(port: number, mode: 'echo' | 'wait' | 'turn' | 'listen'): Worker {
  return new Worker(new URL('worker.mjs', import.meta.url), { workerData: { port, mode }, execArgv: [] })
}

interface Accepted {
  readonly worker: Worker
  /** The worker's first message, which may come before it is accepted. */
  readonly message: Promise<unknown[]>
  readonly listener: TCPListener
  readonly c: TCPConn
}

async function accepted(mode: 'echo' | 'wait' | 'turn'): Promise<Accepted> {
  const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
  const worker = start(listener.addr.port, mode)
  const message = once(worker, 'message')
  return { worker, message, listener, c: await listener.accept() }
}

/** Sends a buffer and reads as much. Gives whether the other end is still there. */
async function echoed(c: TCPConn, p: Uint8Array): Promise<boolean> {
  await c.write(p)
  for (let got = 0; got < p.byteLength;) {
    const n = await c.read(p)
    if (n === null) return false
    got += n
  }
  return true
}

test('posix() works in a worker thread, which ends by itself when nothing waits', async () => {
  const { worker, listener, c } = await accepted('echo')
  const p = new Uint8Array(5)
  for (let i = 0; i < 100; i++) {
    await c.write(new TextEncoder().encode(`ping${i % 10}`))
    expect(await c.read(p)).toBe(5)
    expect(new TextDecoder().decode(p)).toBe(`ping${i % 10}`)
  }
  const exit = once(worker, 'exit')
  await c.close()
  expect(await exit).toEqual([0])
  await listener.close()
})

test('a worker that is terminated in the middle of a read closes its sockets', async () => {
  const { worker, message, listener, c } = await accepted('wait')
  const read = c.read(new Uint8Array(1))
  await message
  await worker.terminate()
  expect(await read).toBe(null)
  await c.close()
  await listener.close()
})

test('a worker that is terminated while it accepts gives the port back', async () => {
  const worker = start(0, 'listen')
  const [port] = (await once(worker, 'message')) as [number]
  await worker.terminate()
  const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), port))
  const [c, d] = await Promise.all([posix().dialTCP('tcp', null, listener.addr), listener.accept()])
  expect(d.remoteAddr.toString()).toBe(c.localAddr.toString())
  await Promise.all([c.close(), d.close(), listener.close()])
})

test('many workers may be terminated while their connections are busy', async () => {
  for (let i = 0; i < 5; i++) {
    const { worker, listener, c } = await accepted('echo')
    const p = new Uint8Array(4096)
    // Before its first answer the worker may still be starting koffi, which must not be interrupted.
    for (let round = 0; round < 20; round++) expect(await echoed(c, p)).toBe(true)
    const flood = (async () => {
      while (await echoed(c, p));
    })().catch((e: unknown) => e)
    await worker.terminate()
    const end = await flood
    // The end of the stream or a reset: what arrives depends on what was under way.
    if (end !== undefined) expect((end as NodeJS.ErrnoException).code).toMatch(/^(ECONNRESET|EPIPE)$/)
    await c.close()
    await listener.close()
  }
})

test('many workers may be terminated while what waits is ref’d and unref’d in turns', async () => {
  for (let i = 0; i < 10; i++) {
    const { worker, message, listener, c } = await accepted('turn')
    expect(await message).toEqual(['turning'])
    await worker.terminate()
    expect(await c.read(new Uint8Array(1))).toBe(null)
    await c.close()
    await listener.close()
  }
})
