// Bulk one way: a measured sender, and a receiver that takes all.
import { each } from './contestants.mjs'

const MEASURED = 2 ** 28 // bytes: the first of a process, and as many after BEFORE
const BEFORE = 2 ** 30 // bytes, as compilers are at work for that long

async function oneWay(round, program, size) {
  const sink = await round.load(['sink'])
  const sender = await round.start(program, ['write', sink.ready.port, size])
  const whole = (bytes) => Math.ceil(round.count(bytes) / size) * size
  const bytes = whole(MEASURED)
  const measure = () => round.measure(sender, () => sender.ask(bytes))
  const cold = await measure()
  await sender.ask(whole(BEFORE))
  const warm = await measure()
  const throughput = ({ answer }) => bytes / answer.ms / 1e6
  const perGB = ({ cpu }) => (cpu * 1000) / bytes
  return {
    coldThroughput: throughput(cold),
    coldPerGB: perGB(cold),
    throughput: throughput(warm),
    perGB: perGB(warm),
    calls: (warm.calls * size) / bytes,
  }
}

/** The rows, for these programs. */
export function rows({ programs }) {
  return [65536, 262144].map((size) => ({
    id: `one-way/${size / 1024}`,
    title: `TCP one way, writes of ${size / 1024} KiB`,
    note: `Over loopback, until the receiver has seen the end: the first ${MEASURED >> 20} MiB of a process, and as many after ${BEFORE >> 20}; the sender’s system calls for one write.`,
    figures: ['coldThroughput', 'coldPerGB', 'throughput', 'perGB', 'calls'],
    base: 'node:*',
    contestants: each(programs, (round, program) => oneWay(round, program, size)),
  }))
}
