import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { listenTCPSync } from '../src/index.ts'
import { loopback } from './connected.ts'
import { data, equal, Folder, SIZE } from './sent_file.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const folder = new Folder()
afterAll(async () => {
  folder[Symbol.dispose]()
  await check()
})

test('TCPConn.sendFile() works in a worker, whose end in the middle of it leaves nothing open', async () => {
  const listener = listenTCPSync('tcp', loopback)
  const worker = new Worker(new URL('sendfile_worker.mjs', import.meta.url), {
    workerData: { port: listener.addr.port, path: folder.path },
    execArgv: [],
  })
  const told = once(worker, 'message')
  const c = await listener.accept()
  const want = Buffer.concat([data, data.subarray(1), Buffer.from('relayed')])
  const got = Buffer.alloc(want.byteLength)
  const filled = (async () => {
    for (let n = 0; n < got.byteLength;) n += (await c.read(got.subarray(n))) ?? NaN
  })()
  const source = await listener.accept()
  expect(await told).toEqual([[SIZE, SIZE - 1]])
  await source.write(Buffer.from('relayed'))
  await filled
  equal(got, want)
  const end = c.read(new Uint8Array(1))
  await worker.terminate()
  expect(await end).toBe(null)
  await Promise.all([c.close(), source.close(), listener.close()])
})
