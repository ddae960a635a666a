// Workers that are terminated at a random moment of their first socket's life: how often the process aborts, and in what.
//
// A worker ends in one of two ways: quietly, or with the process, when it was inside koffi's start. Each batch of workers
// is a process of its own, and tells how far each worker was when it was terminated.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const BATCH = fileURLToPath(new URL('process/terminated_workers.mjs', import.meta.url))
const STAGES = ['before the first socket', 'while koffi starts', 'after the first socket']
const STARTS = 1 // the stage in which koffi itself ends the process

/** Runs one batch; gives the stage of each of its workers, and whether the last one took the process along. */
async function batch(workers) {
  const child = spawn(process.execPath, [BATCH, String(workers)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.on('data', (text) => (output += text))
  child.stderr.on('data', (text) => (errors += text))
  const [code, signal] = await once(child, 'close')
  const where = /^1: (\S+)/m.exec(errors)?.[1] ?? errors.trim().split('\n')[0]
  return { stages: [...output].map(Number), aborted: code === 0 ? null : `${signal ?? code} in ${where}` }
}

export const soak = {
  sentence: 'a worker may be terminated at any moment but while koffi starts',
  bound: { short: 120, full: 300 },
  async run({ short }) {
    const batches = short ? 2 : 40
    const workers = short ? 10 : 50
    const terminated = STAGES.map(() => 0)
    const aborts = STAGES.map(() => 0)
    for (let i = 0; i < batches; i++) {
      const { stages, aborted } = await batch(workers)
      for (const stage of stages) terminated[stage]++
      if (aborted === null) continue
      console.log(aborted)
      aborts[stages.at(-1) ?? 0]++
    }
    const counts = STAGES.map((name, i) => `${terminated[i]} ${name} (${aborts[i]} aborts)`)
    return {
      good: aborts.every((n, stage) => n === 0 || stage === STARTS),
      figures: `terminated ${counts.join(', ')}`,
    }
  },
}
