// Many connections at once to a measured server that echoes, each with one message of 64 bytes under way.
import { each } from './contestants.mjs'

async function echo(round, program, connections) {
  const server = await round.start(program, ['echo', 'tcp', ''])
  const client = await round.load(['echo', server.ready.port, connections])
  await client.ask(round.warmMs(program, 'many'))
  const { answer, cpu, calls } = await round.measure(server, () => client.ask(round.ms))
  const { ops, ms } = answer
  return { rate: ops / ms, cpu: cpu / ops, calls: calls / ops }
}

/** The rows, for these programs. */
export function rows({ programs }) {
  return [100, 1000].map((connections) => ({
    id: `echo/${connections}`,
    title: `Echo on ${connections} connections`,
    note: 'Each with one message of 64 bytes under way; the server’s processor time and system calls for one answer.',
    figures: ['rate', 'cpu', 'calls'],
    base: 'node:*',
    contestants: each(programs, (round, program) => echo(round, program, connections)),
  }))
}
