import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** Why a program cannot be run, or null. */
function missing(program: string, ...args: string[]): string | null {
  const { error, status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (error !== undefined) return `${program} is missing`
  return status === 0 ? null : stderr.trim()
}

const peers = join(import.meta.dirname, 'peers')
const refused = missing('unshare', '--mount', '--net', 'true') ?? missing('nsd', '-v') ?? missing('dig', '-v')
const noGo = missing('go', 'version')

/** What a lookup came to. */
interface Outcome {
  readonly result: unknown
  readonly error?: string
}

type Call = readonly [name: string, ...args: string[]]

const nsdConf = (dir: string): string => `
server:
  ip-address: 127.0.0.1
  username: ""
  chroot: ""
  zonesdir: "${dir}"
  database: ""
  pidfile: ""
  logfile: "${dir}/nsd.log"
  xfrdfile: "${dir}/xfrd"
  zonelistfile: "${dir}/zones"
  xfrdir: "${dir}"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: peers.test
  zonefile: peers.test.zone
zone:
  name: 2.0.192.in-addr.arpa
  zonefile: reverse.zone
`

// Names with answers that no packet takes: they come over TCP.
const large = [
  ...Array.from({ length: 120 }, (_, i) => `large A 198.51.100.${i}`),
  ...Array.from({ length: 60 }, (_, i) => `large TXT "${String(i).padStart(3, '0')} ${'x'.repeat(150)}"`),
]

const calls: Call[] = [
  ['lookupHost', 'www.peers.test'],
  ['lookupHost', 'www.peers.test.'],
  ['lookupHost', 'WWW.Peers.Test'],
  ['lookupHost', 'alias.peers.test'],
  ['lookupHost', 'large.peers.test'],
  ['lookupHost', 'any.wild.peers.test'],
  ['lookupHost', 'static.peers.test'],
  ['lookupHost', 'nosuch.peers.test'],
  ['lookupHost', 'empty.peers.test'],
  ['lookupHost', 'broken.peers.test'],
  ['lookupHost', 'refused.example'],
  ['lookupIP4', 'www.peers.test'],
  ['lookupIP6', 'www.peers.test'],
  ['lookupIP6', 'six.peers.test'],
  ['lookupIP6', 'four.peers.test'],
  ['lookupCNAME', 'alias.peers.test'],
  ['lookupCNAME', 'www.peers.test'],
  ['lookupMX', 'peers.test'],
  ['lookupMX', 'www.peers.test'],
  ['lookupNS', 'peers.test'],
  ['lookupTXT', 'text.peers.test'],
  ['lookupTXT', 'large.peers.test'],
  ['lookupTXT', 'nosuch.peers.test'],
  ['lookupSRV', 'sip', 'tcp', 'peers.test'],
  ['lookupSRV', 'none', 'tcp', 'peers.test'],
  ['lookupAddr', '192.0.2.1'],
  ['lookupAddr', '192.0.2.4'],
  ['lookupAddr', '192.0.2.99'],
]

describe.skipIf(refused !== null)(
  `lookups beside other resolvers, of zones that nsd serves${refused === null ? '' : ` (skipped: ${refused})`}`,
  () => {
    let dir: string
    let lab: ChildProcess
    let lines: AsyncIterator<string>

    function configure(resolvConf: string): void {
      writeFileSync(join(dir, 'resolv.conf'), resolvConf)
    }

    async function line(): Promise<{ stdout: string; stderr?: string }> {
      const next = await lines.next()
      if (next.done) throw new Error('the lab has ended')
      return JSON.parse(next.value) as { stdout: string; stderr?: string }
    }

    async function run(...command: string[]): Promise<string> {
      lab.stdin?.write(`${JSON.stringify(command)}\n`)
      return (await line()).stdout
    }

    async function ours(list: readonly Call[]): Promise<Outcome[]> {
      return JSON.parse(await run(process.execPath, 'lookup.mjs', JSON.stringify(list))) as Outcome[]
    }

    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'net-peers-'))
      cpSync(peers, dir, { recursive: true })
      writeFileSync(join(dir, 'large.zone'), `${large.join('\n')}\n`)
      writeFileSync(join(dir, 'nsd.conf'), nsdConf(dir))
      writeFileSync(join(dir, 'hosts'), '127.0.0.1 localhost\n192.0.2.77 static.peers.test\n')
      writeFileSync(join(dir, 'nsswitch.conf'), 'hosts: files dns\n')
      configure('nameserver 127.0.0.1\n')
      lab = spawn('unshare', ['--mount', '--net', process.execPath, 'lab.mjs', dir], {
        cwd: peers,
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      if (lab.stdout === null) throw new Error('the lab says nothing')
      lines = createInterface({ input: lab.stdout })[Symbol.asyncIterator]()
      expect(await line()).toEqual({ stdout: 'ready' })
    })

    afterAll(async () => {
      const gone = once(lab, 'exit')
      lab.stdin?.end()
      await gone
      rmSync(dir, { recursive: true })
    })

    test('lookups find what dig finds', async () => {
      const dig = async (type: string, name: string): Promise<string[]> =>
        (await run('dig', '+short', '+search', type, name)).trim().split('\n').sort()
      const found = async (...call: Call): Promise<unknown> => (await ours([call]))[0]?.result
      expect(await found('lookupIP4', 'www.peers.test')).toEqual(await dig('A', 'www.peers.test'))
      expect(await found('lookupIP6', 'www.peers.test')).toEqual(await dig('AAAA', 'www.peers.test'))
      expect(await found('lookupNS', 'peers.test')).toEqual(await dig('NS', 'peers.test'))
      expect(await found('lookupAddr', '192.0.2.4')).toEqual(await dig('PTR', '4.2.0.192.in-addr.arpa'))
      const many = await dig('A', 'large.peers.test')
      expect(many).toHaveLength(120)
      expect(await found('lookupIP4', 'large.peers.test')).toEqual(many)
      const mx = (await dig('MX', 'peers.test')).map((s) => s.split(' ')[1])
      expect(await found('lookupMX', 'peers.test')).toEqual(mx)
      const srv = (await dig('SRV', '_sip._tcp.peers.test')).map((s) => s.split(' ')[3])
      expect(await found('lookupSRV', 'sip', 'tcp', 'peers.test')).toEqual([...srv, '_sip._tcp.peers.test.'])
    })

    test('lookupHost() finds what getent finds', async () => {
      for (const [resolvConf, names] of [
        [
          'nameserver 127.0.0.1\n',
          ['www.peers.test', 'alias.peers.test', 'static.peers.test', 'large.peers.test'],
        ],
        ['nameserver 127.0.0.1\nsearch deep.peers.test peers.test\n', ['www', 'inner', 'any.wild', 'static']],
        ['nameserver 127.0.0.1\nsearch peers.test\noptions ndots:3 use-vc\n', ['any.wild', 'www', 'nosuch']],
        [
          'nameserver 127.0.0.1\noptions single-request attempts:1\n',
          ['www.peers.test', 'nosuch.peers.test'],
        ],
      ] as const) {
        configure(resolvConf)
        const outcomes = await ours(names.map((name) => ['lookupHost', name]))
        for (const [i, name] of names.entries()) {
          const told = (await run('getent', 'ahosts', name)).match(/^\S+/gm) ?? []
          expect(outcomes[i]?.result ?? [], name).toEqual([...new Set(told)].sort())
        }
      }
      configure('nameserver 127.0.0.1\n')
    })

    test('lookups say what nsd says: no such name, and no such record', async () => {
      const [nosuch, empty] = await ours([
        ['lookupHost', 'nosuch.peers.test'],
        ['lookupTXT', 'four.peers.test'],
      ])
      expect(nosuch?.error).toBe('lookup nosuch.peers.test on 127.0.0.1:53: no such host')
      expect(empty?.error).toBe('lookup four.peers.test on 127.0.0.1:53: no such host')
    })

    describe.skipIf(noGo !== null)(`and Go's resolver${noGo === null ? '' : ` (skipped: ${noGo})`}`, () => {
      beforeAll(() => {
        const env = { ...process.env, CGO_ENABLED: '0', GOCACHE: join(dir, 'go'), GO111MODULE: 'off' }
        execFileSync('go', ['build', '-o', join(dir, 'lookup'), join(dir, 'lookup.go')], { env })
      }, 300_000)

      test.each([
        'nameserver 127.0.0.1\n',
        'nameserver 127.0.0.1\noptions use-vc\n',
        'nameserver 127.0.0.1\nsearch peers.test\noptions ndots:2 single-request rotate edns0 trust-ad\n',
      ])('lookups find what it finds, and fail as it fails: %j', async (resolvConf) => {
        configure(resolvConf)
        const go = JSON.parse(await run(join(dir, 'lookup'), JSON.stringify(calls))) as Outcome[]
        const us = await ours(calls)
        for (const [i, call] of calls.entries()) expect(us[i], call.join(' ')).toEqual(go[i])
        expect(go).toHaveLength(calls.length)
        expect(go.filter(({ error }) => error === undefined).length).toBeGreaterThan(15)
      })
    })
  },
)
