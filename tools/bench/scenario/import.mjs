// How long a program takes to start and end that imports @net/core, and one that imports nothing.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { script } from '../programs.mjs'

const programs = { 'an empty program': 'nothing', 'import of @net/core': 'core' }
const RUNS = 3 // of which the shortest counts: a start is disturbed by much

async function start(name) {
  const [node, ...args] = script(name).command
  const begin = performance.now()
  const child = spawn(node, args, { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`a program that imports ended with ${code}`)
  return performance.now() - begin
}

async function starts(name) {
  const times = []
  for (let i = 0; i < RUNS; i++) times.push(await start(name))
  return { start: Math.min(...times) }
}

/** The row. */
export function rows() {
  return [
    {
      id: 'import',
      title: 'Importing @net/core',
      note: 'A program from its start to its end.',
      figures: ['start'],
      base: 'an empty program',
      contestants: Object.entries(programs).map(([name, program]) => ({
        name,
        own: program === 'core',
        run: () => starts(program),
      })),
    },
  ]
}
