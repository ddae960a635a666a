// The worker of sendfile_worker.test.ts: sends the file, then relays until it is terminated.
import { open } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { parseIP, TCPAddr } from '@net/addr'
import { posix } from '@net/posix'

const dial = () => posix().dialTCP('tcp', null, new TCPAddr(parseIP('127.0.0.1'), workerData.port))
const c = await dial()
const file = await open(workerData.path)
const sent = [await c.sendFile(file), await c.sendFile(file, { offset: 1 })]
await file.close()
const from = await dial()
const relay = c.sendFile(from)
parentPort.postMessage(sent)
await relay
