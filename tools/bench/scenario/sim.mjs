// A simulated network within a process: how many packets it carries, how fast its time passes, how much memory it takes.
import { script } from '../programs.mjs'
import { residentMemory } from '../usage.mjs'

const PACKETS = 50_000
const WRITES = 500 // of 64 KiB
const CONNECTIONS = 1000
const own = (name, run) => ({ name, own: true, run })

async function datagrams(round) {
  const side = await round.start(script('sim'), ['datagrams', 64])
  await side.ask(3 * round.count(PACKETS))
  const { answer, cpu } = await round.measure(side, () => side.ask(round.count(PACKETS)))
  return { rate: answer.packets / answer.ms, throughput: NaN, cpu: cpu / answer.packets }
}

async function stream(round) {
  const side = await round.start(script('sim'), ['stream'])
  const writes = round.count(WRITES)
  await side.ask(3 * writes)
  const { answer, cpu } = await round.measure(side, () => side.ask(writes))
  const throughput = (writes * 65_536) / answer.ms / 1e6
  return { rate: answer.packets / answer.ms, throughput, cpu: cpu / answer.packets }
}

async function hosts(round, count, kind, seconds) {
  const side = await round.start(script('sim'), ['hosts', count, kind])
  await side.ask(seconds)
  const { ms } = await side.ask(seconds)
  return { speed: (seconds * 1000) / ms, whole: residentMemory(side.pid) / 2 ** 20 }
}

async function memory(round, role, count) {
  const before = await round.start(script('sim'), [role, ...(role === 'hosts' ? [0, ''] : [])])
  const side = role === 'hosts' ? await round.start(script('sim'), [role, count, '']) : before
  const empty = residentMemory(before.pid)
  await side.ask(role === 'hosts' ? 0 : count)
  return { part: (residentMemory(side.pid) - empty) / 1024 / count }
}

/** The rows: there is nothing else to compare with. */
export function rows() {
  return [
    {
      id: 'sim/packets',
      title: 'A simulated network: packets',
      note: 'Between two hosts on a perfect link, with the trace that is kept by default: datagrams of 64 bytes, and a stream written in pieces of 64 KiB, acknowledgements counted.',
      figures: ['rate', 'throughput', 'cpu'],
      base: null,
      contestants: [own('UDP', datagrams), own('TCP', stream)],
    },
    {
      id: 'sim/time',
      title: 'A simulated network: time',
      note: 'Hosts on a switch that say nothing, or of which each sends a datagram a second to another one; the process with all of it.',
      figures: ['speed', 'whole'],
      base: null,
      contestants: [
        own('2 idle hosts', (round) => hosts(round, 2, '', 500_000)),
        own('100 gossiping hosts', (round) => hosts(round, 100, 'gossip', 50)),
        own('1,000 gossiping hosts', (round) => hosts(round, 1000, 'gossip', 5)),
      ],
    },
    {
      id: 'sim/memory',
      title: 'A simulated network: memory',
      note: `What one of 1,000 hosts adds to the process, and both ends of one of ${CONNECTIONS} connections.`,
      figures: ['part'],
      base: null,
      contestants: [
        own('host', (round) => memory(round, 'hosts', 1000)),
        own('connection', (round) => memory(round, 'connections', CONNECTIONS)),
      ],
    },
  ]
}
