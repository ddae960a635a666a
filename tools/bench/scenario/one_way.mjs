// Bulk one way: a measured sender, and a receiver that takes all.
import { each } from './contestants.mjs'

const BYTES = 2 ** 27

async function oneWay(round, program, size) {
  const sink = await round.load(['sink'])
  const sender = await round.start(program, ['write', sink.ready.port, size])
  const bytes = Math.ceil(round.count(BYTES) / size) * size
  await sender.ask(3 * bytes) // compilers are at work for as long as a third of a gigabyte takes
  const { answer, cpu, calls } = await round.measure(sender, () => sender.ask(bytes))
  return { throughput: bytes / answer.ms / 1e6, perGB: (cpu * 1000) / bytes, calls: (calls * size) / bytes }
}

/** The rows, for these programs. */
export function rows({ programs }) {
  return [65536, 262144].map((size) => ({
    id: `one-way/${size / 1024}`,
    title: `TCP one way, writes of ${size / 1024} KiB`,
    note: 'Over loopback, until the receiver has seen the end; the sender’s system calls for one write.',
    figures: ['throughput', 'perGB', 'calls'],
    base: 'node:*',
    contestants: each(programs, (round, program) => oneWay(round, program, size)),
  }))
}
