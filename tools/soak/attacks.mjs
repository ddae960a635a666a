// What an honest client of an export feels while another one attacks it, and the memory that the export takes: each
// attack on an export of its own with default limits, in processes of their own. The control is what the honest client
// feels while the same attack goes at another export on this machine: what the attacker's and that export's use of the
// processors costs everybody, whoever is attacked.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { echoServer, measure } from './export/honest.mjs'
import { at, spread } from './figures.mjs'

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
const SOME = ['clunks', 'hoard', 'slow_readers', 'handshakes'] // those of the short form
const FACTOR = 10 // times the quiet time that an echo may take, of 99 in a hundred
const ENOUGH = 10 // milliseconds that count as quiet enough
const MEMORY = 256e6 // bytes

/** Starts a program of the folder `export` and gives it with its first message. */
async function start(script, ...args) {
  const child = fork(new URL(`export/${script}`, import.meta.url), args, {
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

async function run(name, echo, times) {
  const kind = name === 'handshakes' ? 'tls' : 'plain'
  const exporter = await start('exporter.mjs', kind)
  const other = await start('exporter.mjs', kind)
  const place = { port: exporter.message.port, tls: kind === 'tls', echo }
  try {
    const quiet = await measure(place, times.quiet)
    const control = await beside(name, other.message.port, echo, () => measure(place, times.beside))
    await end(other.child)
    const [hit, told] = await beside(name, place.port, echo, async () => {
      exporter.child.send('begin')
      const felt = await measure(place, times.attacked)
      exporter.child.send('tell')
      const [message] = await once(exporter.child, 'message')
      return [felt, message]
    })
    const { rss, delay, load, sessions, conversations, refusedSessions } = told
    const [failure] = hit.failures
    console.log(
      `${name}: echo p50/p99/max ${spread(hit.echoes)} ms, quiet ${spread(quiet.echoes)}, control ${spread(control.echoes)};` +
        ` new session ${spread(hit.joins)}, quiet ${spread(quiet.joins)}, control ${spread(control.joins)},` +
        ` ${hit.failures.length} failed${failure === undefined ? '' : ` (${failure})`};` +
        ` loop p99/max ${delay.map((ms) => ms.toFixed(0)).join(' / ')} ms, ${(100 * load).toFixed(0)} % of a processor,` +
        ` ${(rss / 1e6).toFixed(0)} MB, ${sessions} sessions, ${conversations} conversations, ${refusedSessions} refused`,
    )
    const p99 = at(hit.echoes, 0.99)
    const limit = Math.max(FACTOR * at(quiet.echoes, 0.99), ENOUGH)
    return { name, rss, failed: hit.failures.length, slow: p99 > limit, p99 }
  } finally {
    for (const { child } of [exporter, other]) await end(child)
  }
}

export const soak = {
  sentence:
    'an attack on an export fails no honest session, takes no 256 MB and makes no echo ten times as long',
  bound: { short: 120, full: 420 },
  async run({ short }) {
    const times = short
      ? { quiet: 200, beside: 200, attacked: 500 }
      : { quiet: 3000, beside: 4000, attacked: 8000 }
    const echo = await echoServer()
    const results = []
    for (const name of short ? SOME : ATTACKS) results.push(await run(name, echo.port, times))
    await echo.listener.close()
    await echo.done
    const bad = results.filter(({ rss, failed, slow }) => rss >= MEMORY || failed > 0 || (slow && !short))
    const most = Math.max(...results.map(({ rss }) => rss))
    const p99 = Math.max(...results.map((result) => result.p99))
    return {
      good: bad.length === 0,
      figures: `${results.length} attacks, ${bad.length} felt${bad.map(({ name }) => ` ${name}`).join(',')}; the slowest p99 of an echo ${p99.toFixed(1)} ms, ${(most / 1e6).toFixed(0)} MB at most`,
    }
  },
}
