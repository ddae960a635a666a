// Workers that are terminated at a random moment of their first socket's life: how often the process aborts, and in what.
//
//   node tools/bench/soak/terminate.mjs [seconds] [ms]     for 60 s, up to 40 ms after the first use, unless told otherwise
//
// A worker ends in one of two ways: quietly, or with the process, when it was inside koffi's start. Each batch of workers
// is a process of its own, and tells how far each worker was when it was terminated.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const BATCH = 50 // workers of a process
const stages = ['before the first socket', 'while koffi starts', 'after the first socket']

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

/** Terminates workers one after the other, and prints the stage of each before it does. @param {number} most ms */
async function terminate(most) {
  const { socketPair } = await import('@net/posix')
  for (const c of socketPair()) await c.close()
  for (let i = 0; i < BATCH; i++) {
    const shared = new SharedArrayBuffer(4)
    const worker = new Worker(new URL(import.meta.url), { workerData: shared })
    await once(worker, 'message')
    const end = performance.now() + Math.random() * most
    while (performance.now() < end) await new Promise(setImmediate)
    process.stdout.write(String(Atomics.load(new Int32Array(shared), 0)))
    await worker.terminate()
  }
}

/** Runs batches until the time is up. @param {number} seconds @param {number} most ms */
async function soak(seconds, most) {
  const terminated = stages.map(() => 0)
  const aborted = stages.map(() => 0)
  const where = new Map()
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    const args = [fileURLToPath(import.meta.url), 'batch', String(most)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.on('data', (text) => (output += text))
    child.stderr.on('data', (text) => (errors += text))
    const [code, signal] = await once(child, 'close')
    for (const digit of output) terminated[Number(digit)]++
    if (code === 0) continue
    aborted[Number(output.at(-1))]++
    const at = /^1: (\S+)/m.exec(errors)?.[1] ?? errors.trim().split('\n')[0]
    where.set(`${signal ?? code} in ${at}`, (where.get(`${signal ?? code} in ${at}`) ?? 0) + 1)
  }
  console.table(stages.map((name, i) => ({ terminated: name, workers: terminated[i], aborts: aborted[i] })))
  for (const [text, count] of where) console.log(`${count} times ${text}`)
}

if (!isMainThread) await work()
else if (process.argv[2] === 'batch') await terminate(Number(process.argv[3]))
else await soak(Number(process.argv[2] ?? 60), Number(process.argv[3] ?? 40))
