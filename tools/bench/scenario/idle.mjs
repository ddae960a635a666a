// A measured server with many connections that wait for data, and one that is busy.
import { readFileSync } from 'node:fs'
import { residentMemory } from '../usage.mjs'
import { each } from './contestants.mjs'

const CONNECTIONS = 10_000
const SETTLE = 3 // measurements that go by before memory is looked at and all is measured again
const SPARE = 100 // descriptors that a process has beside its connections

function refused() {
  const limit = Number(/^Max open files +\d+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1])
  return limit < CONNECTIONS + SPARE ? `a process may have ${limit} descriptors only (ulimit -Hn)` : null
}

async function idle(round, program) {
  const server = await round.start(program, ['echo', 'tcp', ''])
  const memory = residentMemory(server.pid)
  const alone = await round.load(['ping', 'tcp', server.ready.port, 0, 0])
  await alone.ask(round.warmMs(program))
  const { p50 } = await alone.ask(round.ms)
  const warm = residentMemory(server.pid)
  const connections = round.count(CONNECTIONS)
  const client = await round.load(['ping', 'tcp', server.ready.port, connections, 0])
  await client.ask(round.ms * SETTLE)
  const each = (residentMemory(server.pid) - warm) / connections
  const { answer, cpu } = await round.measure(server, () => client.ask(round.ms))
  return {
    process: memory / 2 ** 20,
    each: each / 1024,
    alone: p50,
    beside: answer.p50,
    besideP99: answer.p99,
    times: answer.p50 / p50,
    cpu: cpu / answer.ops,
  }
}

/** The rows, for these programs. */
export function rows({ programs }) {
  return [
    {
      id: 'idle',
      title: 'One busy connection beside 10,000 idle ones',
      note: 'TCP round trips of 64 bytes, alone and then beside 10,000 connections with a read pending, one of which says a word after each hundred; the resident memory of a server that has done nothing yet, and what each connection adds.',
      figures: ['process', 'each', 'alone', 'beside', 'besideP99', 'times', 'cpu'],
      base: 'node:*',
      refused,
      contestants: each(programs, idle),
    },
  ]
}
