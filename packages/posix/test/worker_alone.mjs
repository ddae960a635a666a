// The program of worker_alone.test.ts: only its workers use the package. Each tries the kernel's sockets and is terminated
// while it waits on the host's.
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url))
  const [refusal] = await once(worker, 'message')
  await worker.terminate()
  console.log(refusal)
} else {
  const { hosted, hostedReason, posixRefusal } = await import('@net/posix')
  const refusal = posixRefusal()
  const listener = await hosted().listenTCP('tcp', null)
  parentPort.postMessage([hostedReason() === null, refusal?.message, refusal?.cause.message].join('\n'))
  await listener.accept()
}
