import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** Why a program cannot be run, or null. */
function missing(program: string, ...args: string[]): string | null {
  const { error, status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (error !== undefined) return `${program} is missing`
  return status === 0 ? null : stderr.trim()
}

const refused =
  missing('unshare', '--net', 'true') ??
  missing('nsd', '-v') ??
  missing('openssl', 'version') ??
  missing('ss', '-V')

const zone = `$ORIGIN tls.test.
$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.53
www A 192.0.2.1
www AAAA 2001:db8::1
`

const nsdConf = (dir: string): string => `
server:
  ip-address: 127.0.0.1@853
  tls-port: 853
  tls-service-key: "${dir}/key.pem"
  tls-service-pem: "${dir}/cert.pem"
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
remote-control:
  control-enable: no
zone:
  name: tls.test
  zonefile: zone
`

describe.skipIf(refused !== null)(
  `dns_over_tls.mjs, with nsd${refused === null ? '' : ` (skipped: ${refused})`}`,
  () => {
    let dir: string
    let nsd: ChildProcess

    /** Runs a program in the network namespace of nsd; gives what it prints, whatever its exit code. */
    function run(...command: [string, ...string[]]): Promise<string> {
      return new Promise((resolve) => {
        const args = [`--net=/proc/${nsd.pid}/ns/net`, ...command]
        execFile('nsenter', args, { cwd: join(import.meta.dirname, '..') }, (_error, stdout) =>
          resolve(stdout),
        )
      })
    }

    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'net-dot-'))
      const subject = ['-subj', '/CN=dns.tls.test', '-addext', 'subjectAltName=DNS:dns.tls.test']
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
      const files = ['-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')]
      execFileSync('openssl', ['req', '-x509', ...key, ...subject, ...files], { stdio: 'ignore' })
      writeFileSync(join(dir, 'zone'), zone)
      writeFileSync(join(dir, 'nsd.conf'), nsdConf(dir))
      const script = `ip link set lo up && echo up && exec nsd -d -c "$0"`
      nsd = spawn('unshare', ['--net', 'sh', '-c', script, join(dir, 'nsd.conf')], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      if (nsd.stdout === null) throw new Error('nsd says nothing')
      await once(nsd.stdout, 'data')
      while ((await run('ss', '-ltnH', 'sport = :853')) === '') {
        if (nsd.exitCode !== null) throw new Error('nsd does not start')
      }
    })

    afterAll(async () => {
      const gone = once(nsd, 'exit')
      nsd.kill()
      await gone
      rmSync(dir, { recursive: true })
    })

    test('finds the addresses of a name', async () => {
      const args = ['127.0.0.1', 'dns.tls.test', 'www.tls.test', join(dir, 'cert.pem')]
      const found = await run(process.execPath, 'dns_over_tls.mjs', ...args)
      expect(found.trimEnd().split('\n').sort()).toEqual(['192.0.2.1', '2001:db8::1'])
    })

    test('says that a name does not exist', async () => {
      const args = ['127.0.0.1', 'dns.tls.test', 'nosuch.tls.test', join(dir, 'cert.pem')]
      expect(await run(process.execPath, 'dns_over_tls.mjs', ...args)).toBe(
        'lookup nosuch.tls.test on 127.0.0.1:853: no such host\n',
      )
    })

    test('takes nothing from a server that is not the one that was named', async () => {
      for (const args of [
        ['127.0.0.1', 'other.test', 'www.tls.test', join(dir, 'cert.pem')],
        ['127.0.0.1', 'dns.tls.test', 'www.tls.test'],
      ]) {
        const said = await run(process.execPath, 'dns_over_tls.mjs', ...args)
        expect(said).toMatch(/^lookup www\.tls\.test on 127\.0\.0\.1:853: .*(altnames|certificate)/)
      }
    })
  },
)
