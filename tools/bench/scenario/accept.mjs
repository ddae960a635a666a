// A measured server that accepts connections and closes them.
import { each } from './contestants.mjs'

const CONNECTIONS = 2000

async function accept(round, program, atOnce) {
  const server = await round.start(program, ['accept'])
  const client = await round.load(['connect', server.ready.port, atOnce])
  await client.ask(round.count(CONNECTIONS))
  const { answer, cpu, calls } = await round.measure(server, () => client.ask(round.count(CONNECTIONS)))
  const { ops, ms } = answer
  return { time: (ms * 1000) / ops, cpu: cpu / ops, calls: calls / ops }
}

/** The rows, for these programs. */
export function rows({ programs }) {
  return [1, 50].map((atOnce) => ({
    id: `accept/${atOnce}`,
    title: `Accept and close, ${atOnce} at once`,
    note: 'TCP over loopback; the time of one connection, and the server’s processor time and system calls for it.',
    figures: ['time', 'cpu', 'calls'],
    base: 'node:*',
    contestants: each(programs, (round, program) => accept(round, program, atOnce)),
  }))
}
