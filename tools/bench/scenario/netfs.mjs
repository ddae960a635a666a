// TCP through a network in this process (embedded) and one that another process exports over 9P on loopback, beside the direct
// connection, a relay in C, SOCKS proxies of others, and the same export over TLS.
import { roundTripFigures } from '../figures.mjs'
import { script } from '../programs.mjs'
import { findProxies, startProxies } from '../proxies.mjs'

const BYTES = 2 ** 27
const TLS_BYTES = 2 ** 23 // as Node's TLS over a stream takes ten times as long for them
const SIZE = 65536 // bytes of a write
const WARM_UP = 8 // connections of as many bytes between the first and the one that is warm, as the compilers of up to three processes are at work for that long

const between = {
  'relay in C': (port, c) => [c, ['relay', port]],
  'over TLS': () => [script('netfs'), ['export', 'tls']],
  'exported /net': () => [script('netfs'), ['export', '']],
}

/** Starts what stands between and the client; the port of a proxy is the same in every round. */
async function clientOf(round, role, way, port, { c, proxies }) {
  let through = proxies[way] ?? 0
  if (Object.hasOwn(between, way)) through = (await round.start(...between[way](port, c))).ready.port
  return round.start(script('netfs'), [role, way, port, through])
}

async function ping(round, way, programs) {
  const server = await round.start(programs.c, ['echo', 'tcp', ''])
  const client = await clientOf(round, 'ping', way, server.ready.port, programs)
  await client.ask(round.warmMs(script('netfs'), Object.hasOwn(between, way) ? 'far' : 'one'))
  const { answer, cpu, calls } = await round.measure(client, () => client.ask(round.ms))
  const { ops, p50, mean, p99 } = answer
  return { p50, mean, p99, cpu: cpu / ops, calls: calls / ops }
}

async function bulk(round, way, programs, role, far) {
  const peer = await round.load([far])
  const client = await clientOf(round, role, way, peer.ready.port, programs)
  const bytes = Math.ceil(round.count(way === 'over TLS' ? TLS_BYTES : BYTES) / SIZE) * SIZE
  const measure = async () => bytes / (await client.ask(bytes)).ms / 1e6
  const coldThroughput = await measure()
  for (let i = 0; i < WARM_UP; i++) await client.ask(bytes)
  return { coldThroughput, throughput: await measure() }
}

const amounts = `the first ${BYTES >> 20} MiB (${TLS_BYTES >> 20} over TLS), and as many after ${WARM_UP + 1} such connections`

/** The rows, for these programs; what `atEnd` is given ends the proxies, which run from the first measurement on. */
export function rows({ programs, atEnd }) {
  const { present, missing } = findProxies()
  let started = null
  const proxies = async () => {
    if (started === null) {
      started = startProxies(present)
      atEnd(async () => (await started).stop())
    }
    return (await started).ports
  }
  const c = programs.find(({ name }) => name === 'C epoll')
  const ways = ['direct', 'relay in C', ...present, 'over TLS', 'embedded /net', 'exported /net']
  const own = new Set(['over TLS', 'embedded /net', 'exported /net'])
  const row = (id, title, note, figures, run) => ({
    id: `netfs/${id}`,
    title,
    note: [note, ...missing.map((why) => `Without ${why}.`)].join(' '),
    figures,
    base: 'direct',
    contestants: ways.map((name) => ({
      name,
      own: own.has(name),
      run: async (round) => run(round, name, { c, proxies: await proxies() }),
    })),
  })
  return [
    row(
      'round-trip',
      'TCP round trip through /net',
      '64 bytes, our client to an echo server in C; the client’s processor time and system calls for one.',
      roundTripFigures,
      ping,
    ),
    row(
      'write',
      'Writing through /net',
      `Writes of 64 KiB, to a C program: ${amounts}.`,
      ['coldThroughput', 'throughput'],
      (...args) => bulk(...args, 'write', 'take'),
    ),
    row(
      'read',
      'Reading through /net',
      `From a C program: ${amounts}.`,
      ['coldThroughput', 'throughput'],
      (...args) => bulk(...args, 'read', 'source'),
    ),
  ]
}
