// What looking for events before sleeping costs where it cannot pay: beside few events, none, and another busy process.
import { setTimeout as sleep } from 'node:timers/promises'
import { canPin } from '../round.mjs'
import { each, only } from './contestants.mjs'

const PAUSE = 20 // ms between two events of which there are fewer than 100 a second
const BUSY = 3 // measurements that a server is busy before few events or none
const LONG = 4 // measurements that a share of a core takes: events are rare in it

/** The share of a core that the server takes meanwhile, in %. */
async function share(round, server, work) {
  const start = performance.now()
  const { answer, cpu } = await round.measure(server, work)
  return { share: cpu / (performance.now() - start) / 10, answer }
}

async function slow(round, program) {
  const server = await round.start(program, ['echo', 'tcp', ''])
  const busy = await round.load(['ping', 'tcp', server.ready.port, 0, 0])
  await busy.ask(round.ms * BUSY)
  const client = await round.load(['ping', 'tcp', server.ready.port, 0, PAUSE])
  await client.ask(round.ms)
  const { share: taken, answer } = await share(round, server, () => client.ask(round.ms * LONG))
  return { share: taken, p50: answer.p50 }
}

async function silent(round, program) {
  const server = await round.start(program, ['echo', 'tcp', ''])
  const client = await round.load(['ping', 'tcp', server.ready.port, 0, 0])
  await client.ask(round.ms * BUSY)
  return share(round, server, () => sleep(round.ms * LONG)).then(({ share: taken }) => ({ share: taken }))
}

async function crowded(round, program) {
  const pair = await Promise.all(
    [0, 1].map(async () => {
      const server = await round.start(program, ['echo', 'tcp', ''], { core: 0 })
      return { server, client: await round.load(['ping', 'tcp', server.ready.port, 0, 0], { core: 1 }) }
    }),
  )
  const both = () => Promise.all(pair.map(({ client }) => client.ask(round.ms)))
  // The compilers of both are on that core, too.
  await Promise.all(pair.map(({ client }) => client.ask(round.warmMs(program, 'far'))))
  const { answer, cpu } = await round.measure(pair[0].server, both)
  const [a, b] = answer
  return {
    rate: (a.ops + b.ops) / round.ms,
    p50: Math.max(a.p50, b.p50),
    p99: Math.max(a.p99, b.p99),
    cpu: cpu / a.ops,
  }
}

/** The rows, for these programs. */
export function rows({ programs }) {
  const still = only(programs, 'ours').map((program) => ({
    ...program,
    name: 'ours, spin off',
    env: { BENCH_SPIN: 'off' },
  }))
  const all = [...only(programs, 'node:*', 'ours', 'Go'), ...still]
  const row = (id, title, note, figures, run) => ({
    id: `spin/${id}`,
    title,
    note,
    figures,
    base: 'node:*',
    contestants: each(all, run),
  })
  return [
    row(
      'few',
      'A core’s share with 50 events a second',
      'An echo server; the client waits 20 ms after each round trip.',
      ['share', 'p50'],
      slow,
    ),
    row('none', 'A core’s share in silence', 'The same server, after a busy time.', ['share'], silent),
    {
      ...row(
        'crowded',
        'Two busy servers on one core',
        'Echo servers on one core, a client of each on another: round trips of both together, and the times of the slower pair.',
        ['rate', 'p50', 'p99', 'cpu'],
        crowded,
      ),
      refused: () => (canPin ? null : 'no taskset, or one core only'),
    },
  ]
}
