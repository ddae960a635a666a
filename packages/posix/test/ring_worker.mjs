// A worker thread that has made calls through its ring, and is terminated while it reads.
import { parentPort } from 'node:worker_threads'
import { posix, socketPair } from '@net/posix'

posix({ engine: 'io_uring' })
const [a, b] = socketPair()
const p = new Uint8Array(8)
const reading = b.read(p)
await a.write(p)
parentPort.postMessage(await reading)
await b.read(p)
