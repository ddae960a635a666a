// The worker of worker.test.ts.
import { parentPort, workerData } from 'node:worker_threads'
import { parseIP, TCPAddr } from '@net/addr'
import { listenTCPSync, posix } from '@net/posix'

const { mode, port } = workerData
const loopback = (p) => new TCPAddr(parseIP('127.0.0.1'), p)

if (mode === 'listen') {
  const listener = listenTCPSync('tcp', loopback(0))
  parentPort.postMessage(listener.addr.port)
  await listener.accept()
} else {
  const c = await posix().dialTCP('tcp', null, loopback(port))
  const p = new Uint8Array(4096)
  if (mode === 'wait') {
    const read = c.read(p)
    parentPort.postMessage('reading')
    await read
  }
  if (mode === 'turn') {
    void c.read(p)
    parentPort.postMessage('turning')
    for (;;) {
      c.unref()
      await new Promise(setImmediate)
      c.ref()
      await new Promise(setImmediate)
    }
  }
  for (;;) {
    const n = await c.read(p)
    if (n === null) break
    await c.write(p.subarray(0, n))
  }
  await c.close()
}
