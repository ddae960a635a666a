// Runs the benchmarks and prints them as Markdown. `--write` keeps them in BENCHMARKS.md, `--quick` runs less of each.
import { writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import { sendFile } from './tcp/sendfile.mjs'
import { pingPong, throughput } from './tcp/tcp.mjs'
import { flood } from './udp/udp.mjs'
import { digits, table } from './stats.mjs'
import { run as messages } from './9p/codec.mjs'
import { run as parseIP } from './addr/parse_ip.mjs'
import { run as held } from './netfs/held.mjs'
import { run as plan9 } from './plan9/plan9.mjs'
import { refused as lookupRefused, run as lookup } from './resolve/lookup.mjs'

const { values } = parseArgs({ options: { write: { type: 'boolean' }, quick: { type: 'boolean' } } })
const rounds = values.quick ? 3 : 7

async function parse() {
  const rows = await parseIP({ rounds })
  const [ours] = rows
  const cells = rows.map(({ name, v4ns, v6ns }) => [
    name,
    digits(v4ns),
    digits(ours.v4ns / v4ns),
    digits(v6ns),
    digits(ours.v6ns / v6ns),
  ])
  return table([['', 'IPv4', 'ours takes, of it', 'IPv6', 'ours takes, of it'], ...cells])
}

async function ninep() {
  const rows = await messages({ rounds: Math.min(rounds, 5) })
  const cells = rows.map(({ name, perSecond, bytes }) => [name, String(bytes), digits(perSecond / 1000)])
  return table([['', 'bytes', 'thousands a second'], ...cells])
}

async function conversations() {
  const rows = await held(values.quick ? { sessions: 20, conversations: 50 } : {})
  const cells = rows.map((r) => [
    r.name,
    r.sessions,
    r.conversations,
    digits(r.heap),
    digits(r.rss),
    digits(r.perSecond),
  ])
  return table([['', 'sessions', 'conversations', 'heap bytes', 'rss bytes', 'made a second'], ...cells])
}

async function lookups() {
  const reason = lookupRefused()
  if (reason !== null) return `Skipped: ${reason}.`
  const rows = await lookup({ rounds, ms: values.quick ? 200 : 500 })
  const [ours] = rows
  const cells = rows.map(({ name, one, many }) => [
    name,
    digits(one),
    digits(ours.one / one),
    digits(many),
    digits(ours.many / many),
  ])
  return table([['', 'one at a time', 'ours does, of it', '64 at a time', 'ours does, of it'], ...cells])
}

const sections = [
  [
    'TCP round trip of 64 bytes',
    'Client and server in a process each, over loopback; lower is better.',
    () => pingPong({ rounds, count: values.quick ? 5000 : 20_000 }),
  ],
  [
    'TCP throughput one way',
    'Over loopback; GB/s: higher is better, CPU: lower.',
    () => throughput({ rounds, bytes: values.quick ? 2 ** 28 : 2 ** 30 }),
  ],
  [
    'Sending a file of 64 MiB',
    'From the page cache, over loopback; GB/s: higher is better, CPU: lower.',
    () => sendFile({ rounds }),
  ],
  [
    'Flood of UDP packets',
    'Sender and receiver in a process each, over loopback; higher is better.',
    () => flood({ rounds: Math.min(rounds, 5), ms: values.quick ? 300 : 1000 }),
  ],
  [
    'TCP through an exported /net',
    'Client, exporter and server in a process each, 9P over loopback TCP; beside the direct connection, a relay over `node:net`, what SOCKS proxies of others that are installed make of it, and the same export over TLS.',
    () =>
      plan9({
        rounds: Math.min(rounds, 3),
        count: values.quick ? 2000 : 10_000,
        bytes: values.quick ? 2 ** 27 : 2 ** 28,
      }),
  ],
  ['9P messages', 'The codec alone, and sessions over a Unix socket within one process.', () => ninep()],
  [
    'Conversations held by an exported /net',
    'Memory of the exporting process for each.',
    () => conversations(),
  ],
  ['Parsing addresses', 'Nanoseconds for one address; `net.isIP` only checks.', () => parse()],
  ['Looking names up', 'Names a second, of one dnsmasq on loopback; higher is better.', () => lookups()],
]

let text = `# Benchmarks

What the last run of \`npx -y pnpm@12.21.0 bench --write\` printed: medians of ${rounds} rounds, the peers' rounds in turn. Read the
ratios: absolute figures differ from machine to machine and from minute to minute.

Node ${process.versions.node}, ${process.platform} ${release()}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? process.arch}.
`
for (const [title, note, run] of sections) {
  const section = `\n## ${title}\n\n${note}\n\n${await run()}\n`
  process.stdout.write(section)
  text += section
}
if (values.write) writeFileSync(new URL('../../BENCHMARKS.md', import.meta.url), text)
