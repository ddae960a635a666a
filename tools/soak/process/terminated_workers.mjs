// Terminates workers one after the other, and prints the stage of each before it does: `node terminated_workers.mjs COUNT`.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const MOST = 40 // milliseconds that a worker may live after it is ready

async function work() {
  const stage = new Int32Array(workerData)
  const { socketPair } = await import('@net/posix')
  parentPort.postMessage('ready')
  Atomics.store(stage, 0, 1)
  const [a, b] = socketPair()
  Atomics.store(stage, 0, 2)
  const p = new Uint8Array(64)
  for (;;) {
    await a.write(p)
    await b.read(p)
  }
}

async function terminate(count) {
  const { socketPair } = await import('@net/posix')
  for (const c of socketPair()) await c.close()
  for (let i = 0; i < count; i++) {
    const shared = new SharedArrayBuffer(4)
    const worker = new Worker(new URL(import.meta.url), { workerData: shared })
    await once(worker, 'message')
    const end = performance.now() + Math.random() * MOST
    while (performance.now() < end) await new Promise(setImmediate)
    process.stdout.write(String(Atomics.load(new Int32Array(shared), 0)))
    await worker.terminate()
  }
}

if (isMainThread) await terminate(Number(process.argv[2]))
else await work()
