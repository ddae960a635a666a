/**
 * What an honest client of an export feels while another one attacks it, and the memory that the export
 * takes: each attack on an export of its own with default limits, in processes of their own, in a network of
 * their own.
 *
 *   node tools/soak/attacks.mjs [--short] [name ...]
 *
 * It prints a line for each attack, which begins with `pass` or `fail`. An attack passes when the 99th
 * percentile of the honest client's echoes is at most ten times the quiet one (and 10 ms at least count as
 * quiet enough), no new session of it fails, and the export never takes 256 MB.
 *
 * The control is what the honest client feels while the same attack goes at another export on this machine:
 * what the attacker's and that export's use of the processors costs everybody, whoever is attacked.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { enclose } from '@net/peers'
import { echoServer, measure } from './honest.mjs'

const ATTACKS = [
  'clunks',
  'stats',
  'cs_herd',
  'ipinfo',
  'idle',
  'hoard',
  'slow_readers',
  'pending_writes',
  'connects',
  'handshakes',
]
const FACTOR = 10
const ENOUGH = 10 // milliseconds
const MEMORY = 256e6 // bytes
const BOUND = 60_000 // milliseconds that an attack may take altogether

const short = process.argv.includes('--short')
const QUIET = short ? 1000 : 3000 // milliseconds
const BESIDE = short ? 1000 : 4000
const ATTACKED = short ? 2000 : 8000

const at = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN
const three = (sorted) => [0.5, 0.99, 1].map((q) => at(sorted, q).toFixed(1)).join(' / ')

/** Starts a program of this folder and gives it with its first message. */
async function start(script, ...args) {
  const child = fork(new URL(script, import.meta.url), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [message] = await once(child, 'message')
  return { child, message }
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** Runs something while an attacker is at work against a port. */
async function beside(name, port, echo, act) {
  const attack = await start('attacker.mjs', name, String(port), String(echo))
  try {
    return await act()
  } finally {
    await end(attack.child)
  }
}

async function run(name, echo) {
  const tls = name === 'handshakes'
  const exporter = await start('exporter.mjs', tls ? 'tls' : 'plain')
  const other = await start('exporter.mjs', tls ? 'tls' : 'plain')
  const bound = setTimeout(() => {
    for (const { child } of [exporter, other]) child.kill('SIGKILL')
  }, BOUND)
  const place = { port: exporter.message.port, tls, echo }
  try {
    const quiet = await measure(place, QUIET)
    const control = await beside(name, other.message.port, echo, () => measure(place, BESIDE))
    await end(other.child)
    const [hit, told] = await beside(name, place.port, echo, async () => {
      exporter.child.send('begin')
      const times = await measure(place, ATTACKED)
      exporter.child.send('tell')
      const [message] = await once(exporter.child, 'message')
      return [times, message]
    })
    const { rss, delay, load, sessions, conversations, refusedSessions } = told
    const limit = Math.max(FACTOR * at(quiet.echoes, 0.99), ENOUGH)
    const good = at(hit.echoes, 0.99) <= limit && hit.failures.length === 0 && rss < MEMORY
    console.log(
      `${good ? 'pass' : 'fail'} ${name}: echo p50/p99/max ${three(hit.echoes)} ms,` +
        ` quiet ${three(quiet.echoes)}, control ${three(control.echoes)};` +
        ` new session ${three(hit.joins)}, quiet ${three(quiet.joins)}, control ${three(control.joins)},` +
        ` ${hit.failures.length} failed${hit.failures.length === 0 ? '' : ` (${hit.failures[0]})`};` +
        ` loop p99/max ${delay.map((ms) => ms.toFixed(0)).join(' / ')} ms,` +
        ` ${(100 * load).toFixed(0)} % of a processor, ${(rss / 1e6).toFixed(0)} MB,` +
        ` ${sessions} sessions, ${conversations} conversations, ${refusedSessions} refused`,
    )
    return good
  } catch (e) {
    console.log(`fail ${name}: ${e.message}`)
    return false
  } finally {
    clearTimeout(bound)
    for (const { child } of [exporter, other]) await end(child)
  }
}

if (await enclose()) {
  const asked = process.argv.slice(2).filter((arg) => !arg.startsWith('--'))
  const echo = await echoServer()
  for (const name of asked.length > 0 ? asked : ATTACKS)
    if (!(await run(name, echo.port))) process.exitCode = 1
  await echo.listener.close()
  await echo.done
}
