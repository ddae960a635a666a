// The program of worker_alone.test.ts: only its workers use the package. They are terminated while they watch interfaces.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

if (isMainThread) {
  for (let i = 0; i < 3; i++) {
    const worker = new Worker(new URL(import.meta.url))
    await once(worker, 'message')
    await worker.terminate()
  }
  console.log('terminated')
} else {
  const { watchInterfaces } = await import('@net/posix')
  const watch = watchInterfaces()
  parentPort.postMessage('watching')
  for await (const event of watch) parentPort.postMessage(event.kind)
}
