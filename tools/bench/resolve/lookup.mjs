/**
 * How many names a second are looked up: @net/resolve over @net/posix against node:dns, its resolve4 (c-ares) and its
 * lookup (getaddrinfo on the thread pool), and Go's own resolver where there is a Go to compile lookup.go. One dnsmasq on
 * loopback answers all of them; every name is asked for once, so nothing is merged and nothing is kept.
 *
 * getaddrinfo asks port 53 of what /etc/resolv.conf names, so all of it runs in a mount and a network namespace of its
 * own, which takes root, unshare(1), ip(8), mount(8) and dnsmasq(8); `refused` tells where one is missing.
 *
 * `export async function run(options?)` gives rows of `{ name, one, many }`: lookups per second with 1 and with 64 under
 * way, the median of interleaved rounds. `node lookup.mjs` prints the rows.
 */
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { promises as dns } from 'node:dns'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { posix } from '@net/posix'
import { median } from '../stats.mjs'

const self = fileURLToPath(import.meta.url)

/** Why it cannot be run here, or null. */
export function refused() {
  for (const [program, ...args] of [
    ['dnsmasq', '--version'],
    ['ip', '-V'],
    ['unshare', '--mount', '--net', 'true'],
  ]) {
    const { error, status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
    if (error !== undefined) return `${program} is missing`
    if (status !== 0) return stderr.trim()
  }
  return null
}

/** Compiles lookup.go into a directory; null where there is no Go. */
function compileGo(dir) {
  if (spawnSync('go', ['version']).error !== undefined) return null
  const program = join(dir, 'lookup')
  const env = { ...process.env, CGO_ENABLED: '0', GO111MODULE: 'off', GOCACHE: join(dir, 'go') }
  execFileSync('go', ['build', '-o', program, fileURLToPath(new URL('lookup.go', import.meta.url))], { env })
  return program
}

/** Runs it in namespaces of its own; `ms` is how long each measurement takes. */
export async function run({ rounds = 5, ms = 300 } = {}) {
  const args = ['--mount', '--net', process.execPath, self, 'inside', String(rounds), String(ms)]
  const { stdout } = await promisify(execFile)('unshare', args)
  return JSON.parse(stdout)
}

async function inside(rounds, ms) {
  execFileSync('ip', ['link', 'set', 'lo', 'up'])
  const dir = mkdtempSync(join(tmpdir(), 'bench-resolve-'))
  writeFileSync(join(dir, 'resolv.conf'), 'nameserver 127.0.0.1\n')
  writeFileSync(join(dir, 'nsswitch.conf'), 'hosts: files dns\n')
  for (const name of ['resolv.conf', 'nsswitch.conf']) {
    execFileSync('mount', ['--bind', join(dir, name), `/etc/${name}`])
  }
  const program = compileGo(dir)
  const server = await dnsmasq()
  try {
    return await measure(rounds, ms, program)
  } finally {
    const gone = once(server, 'exit')
    server.kill('SIGKILL')
    await gone
    execFileSync('umount', ['/etc/resolv.conf', '/etc/nsswitch.conf'])
    rmSync(dir, { recursive: true })
  }
}

async function dnsmasq() {
  const options = [
    '--no-daemon',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--pid-file=',
    '--user=root',
  ]
  const zone = ['--address=/bench.test/192.0.2.1', '--address=/bench.test/2001:db8::1']
  const server = spawn('dnsmasq', [...options, ...zone], { stdio: ['ignore', 'ignore', 'pipe'] })
  for await (const line of createInterface({ input: server.stderr })) {
    if (!line.includes('started')) continue
    server.stderr.resume()
    return server
  }
  throw new Error('dnsmasq does not start')
}

function contestants() {
  const ours = posix() // its lookups are those of @net/resolve
  const cares = new dns.Resolver()
  const right = (addrs) => {
    if (String(addrs[0]?.address ?? addrs[0]) !== '192.0.2.1') throw new Error(`wrong address ${addrs[0]}`)
  }
  return [
    { name: '@net/posix lookupIP ip4', lookup: async (host) => right(await ours.lookupIP('ip4', host)) },
    { name: 'node:dns resolve4', lookup: async (host) => right(await cares.resolve4(host)) },
    { name: 'node:dns lookup family 4', lookup: async (host) => right([await dns.lookup(host, 4)]) },
    { name: '@net/posix lookupHost', lookup: async (host) => right(await ours.lookupHost(host)) },
    {
      name: 'node:dns lookup all',
      lookup: async (host) => right(await dns.lookup(host, { all: true, order: 'ipv4first' })),
    },
  ]
}

let names = 0

async function rate({ lookup }, concurrency, ms) {
  let done = 0
  const start = performance.now()
  const worker = async () => {
    for (; performance.now() - start < ms; done++) await lookup(`n${names++}.bench.test`)
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return (done * 1000) / (performance.now() - start)
}

let goNames = 0

async function goRate({ program }, concurrency, ms) {
  const { stdout } = await promisify(execFile)(program, [concurrency, ms, goNames].map(String))
  goNames += 1_000_000
  return Number(stdout)
}

async function measure(rounds, ms, program) {
  const all = contestants().map((c) => ({ ...c, rate, one: [], many: [] }))
  if (program !== null) all.push({ name: 'Go LookupIP ip4', program, rate: goRate, one: [], many: [] })
  for (const c of all) await c.rate(c, 8, ms)
  for (let i = 0; i < rounds; i++) {
    for (const c of all) c.one.push(await c.rate(c, 1, ms))
    for (const c of all) c.many.push(await c.rate(c, 64, ms))
  }
  return all.map(({ name, one, many }) => ({
    name,
    one: Math.round(median(one)),
    many: Math.round(median(many)),
  }))
}

if (process.argv[2] === 'inside') {
  process.stdout.write(JSON.stringify(await inside(Number(process.argv[3]), Number(process.argv[4]))))
} else if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.table(await run())
}
