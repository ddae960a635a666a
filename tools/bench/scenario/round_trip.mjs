// Round trips of 64 bytes, one at a time, to a measured server that echoes.
import { roundTripFigures } from '../figures.mjs'
import { canPin } from '../round.mjs'
import { each } from './contestants.mjs'

async function roundTrip(round, program, network, core) {
  const path = round.path('socket')
  const server = await round.start(program, ['echo', network, path], { core })
  const address = network === 'unix' ? path : server.ready.port
  const client = await round.load(['ping', network, address, 0, 0], { core })
  await client.ask(round.warmMs(program))
  const { answer, cpu, calls } = await round.measure(server, () => client.ask(round.ms))
  const { ops, p50, mean, p99 } = answer
  return { p50, mean, p99, cpu: cpu / ops, calls: calls / ops }
}

/** The rows, for these programs. */
export function rows({ programs }) {
  const row = (id, title, note, network, core) => ({
    id: `round-trip/${id}`,
    title,
    note: `${note}; the time of one, and the server's processor time and system calls for it.`,
    figures: roundTripFigures,
    base: 'node:*',
    refused: () => (core !== null && !canPin ? 'no taskset, or one core only' : null),
    contestants: each(programs, (round, program) => roundTrip(round, program, network, core)),
  })
  return [
    row('tcp', 'TCP round trip', '64 bytes, over loopback', 'tcp', null),
    row('one-core', 'TCP round trip on one core', '64 bytes, client and server on the same core', 'tcp', 0),
    row('unix', 'Unix round trip', '64 bytes, over a stream socket', 'unix', null),
    row('udp', 'UDP round trip', '64 bytes, over loopback', 'udp', null),
  ]
}
