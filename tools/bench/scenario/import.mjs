// How long a program takes to start and end that imports @net/core, and one that imports nothing.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const EMPTY = 'an empty program'
const OURS = 'import of @net/core'
const programs = { [EMPTY]: here('../peers/nothing.mjs'), [OURS]: here('../peers/core.mjs') }
/** What a library over koffi cannot do without. */
const floor = {
  'import of an empty file': here('../floor/file.mjs'),
  'import of koffi': here('../floor/koffi.mjs'),
}
const RUNS = 3 // of which the shortest counts: a start is disturbed by much

async function start(file) {
  const begin = performance.now()
  const child = spawn(process.execPath, [file], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`a program that imports ended with ${code}`)
  return performance.now() - begin
}

async function starts(file) {
  const times = []
  for (let i = 0; i < RUNS; i++) times.push(await start(file))
  return { start: Math.min(...times) }
}

/** The row. */
export function rows({ hasFloor = false }) {
  return [
    {
      id: 'import',
      title: 'Importing @net/core',
      note: 'A program from its start to its end.',
      figures: ['start'],
      base: EMPTY,
      contestants: Object.entries(hasFloor ? { ...programs, ...floor } : programs).map(([name, file]) => ({
        name,
        own: name === OURS,
        run: () => starts(file),
      })),
    },
  ]
}
