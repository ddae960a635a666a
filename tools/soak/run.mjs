/**
 * Long and hostile use of the library, one figure at a time: each soak in a process of its own, all of them in
 * a network of their own, which has no way to another machine.
 *
 *   node tools/soak/run.mjs [--short] [name ...]     all of them unless some are named
 *   node tools/soak/run.mjs --list                   what each of them says
 *
 * It prints a line for each soak, which begins with `pass` or `fail`, with the time that it took and the load
 * of the machine at its end; one that is not done within its bound is ended, and has failed. What a time may
 * be is judged by the full form alone, which wants a quiet machine; the short form judges what must hold on a
 * busy one, and only tells times.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { enclose } from '@net/peers'

const NAMES = [
  'parts',
  'sim',
  'sim_real',
  'dials',
  'cycles',
  'reuse',
  'workers',
  'descriptors',
  'deadlines',
  'close',
  'integrity',
  'huge',
  'back_pressure',
  'weather',
  'fuzz',
  'mixed',
  'attacks',
  'flood',
]
const ONE = fileURLToPath(new URL('one.mjs', import.meta.url))

/** Runs one soak in a process group of its own, of which nothing is left. Gives whether it passed. */
async function run(name, form) {
  const { soak } = await import(`./${name}.mjs`)
  const start = performance.now()
  const child = spawn(process.execPath, ['--expose-gc', ONE, name, form], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    detached: true,
  })
  child.stdout.pipe(process.stderr)
  let result = null
  let late = false
  child.on('message', (message) => (result = message))
  const bound = setTimeout(() => {
    late = true
    end(child)
  }, soak.bound[form] * 1000)
  const interrupted = () => end(child)
  process.once('SIGINT', interrupted)
  const [code, signal] = await once(child, 'close')
  clearTimeout(bound)
  process.off('SIGINT', interrupted)
  end(child)
  if (late) result = { good: false, figures: `not done within ${soak.bound[form]} s` }
  else if (code !== 0) result = { good: false, figures: `its process ended with ${signal ?? code}` }
  else result ??= { good: false, figures: 'its process told nothing' }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const { good, figures } = result
  console.log(`${good ? 'pass' : 'fail'} ${name}: ${figures} (${seconds} s, load ${loadavg()[0].toFixed(1)})`)
  return good
}

/** Ends what is left of a soak's process group. */
function end(child) {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (e) {
    if (e.code !== 'ESRCH') throw e // there is nothing left
  }
}

const { values, positionals } = parseArgs({
  options: { short: { type: 'boolean', default: false }, list: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => !NAMES.includes(name))
if (unknown.length > 0)
  throw new Error(`no soak is named ${unknown.join(', ')}; there are ${NAMES.join(', ')}`)

const names = positionals.length > 0 ? positionals : NAMES
if (values.list) {
  for (const name of names) console.log(`${name}: ${(await import(`./${name}.mjs`)).soak.sentence}`)
} else if (await enclose()) {
  for (const name of names) if (!(await run(name, values.short ? 'short' : 'full'))) process.exitCode = 1
}
