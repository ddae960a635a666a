import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen } from '@net/core'
import { Running } from '@net/peers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { finish, objectsOf, start } from './finished.ts'
import { bin, netx } from './running.ts'

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-seeing-'))
})

afterAll(async () => {
  await rm(dir, { recursive: true })
})

const listeningAt = /listening on \w+ (\S+)\n/

test('netx listen --exec runs a command for each connection, which knows the ends', async () => {
  await using listening = netx(
    'listen',
    '--keep',
    '--exec',
    'echo "$NETX_REMOTE"; tr a-z A-Z',
    '127.0.0.1',
    '0',
  )
  const place = await listening.printed(listeningAt)
  const { code, stdout, stderr } = await finish(start('dial', '-v', 'tcp', place), 'hello\n'.repeat(20_000))
  const [, local = ''] = /from (\S+)\n/.exec(stderr) ?? []
  expect(code).toBe(0)
  expect(stdout === `${local}\n${'HELLO\n'.repeat(20_000)}`).toBe(true)
  // A command that reads nothing and ends is no failure, and one that is killed with netx leaves nothing behind.
  expect(await listening.end('SIGTERM')).toBe(0)
})

test('netx listen --exec ends its command with itself', async () => {
  const file = join(dir, 'pid')
  await using listening = netx(
    'listen',
    '--keep',
    '--exec',
    `echo $$ > ${file}; echo ready; exec sleep 1000`,
    '127.0.0.1',
    '0',
  )
  await using dialling = netx('dial', 'tcp', await listening.printed(listeningAt))
  await dialling.printed(/ready/)
  const pid = Number(readFileSync(file, 'utf8'))
  expect(process.kill(pid, 0)).toBe(true)
  expect(await listening.end('SIGINT')).toBe(0)
  await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false)
})

test('netx --trace tells of every operation, and of nothing without it', async () => {
  const l = await listen('tcp', '127.0.0.1:0')
  const at = l.addr.toString()
  const served = l.accept().then((conn) => conn.close())
  const { code, stderr } = await finish(start('dial', '--trace', '--json', 'tcp', at))
  await served
  await l.close()
  expect(code).toBe(0)
  const said = objectsOf(stderr)
  const trace = { event: 'trace', ms: expect.any(Number) as number }
  expect(said).toContainEqual({ ...trace, op: 'dial', net: 'tcp', source: '', addr: at, result: at })
  expect(said).toContainEqual(expect.objectContaining({ ...trace, op: 'read', addr: at, result: 'the end' }))
  expect(said).toContainEqual(expect.objectContaining({ ...trace, op: 'close', addr: at, result: 'done' }))
  const refused = await finish(start('dial', '--trace', 'tcp', at))
  expect(refused.stderr).toMatch(
    /dial tcp [\d.:]+: dial tcp [\d.:]+: connect: connection refused \([\d.]+ ms\)\nnetx: /,
  )
})

test('netx resolve --trace tells sources, and why', async () => {
  const { code, stdout, stderr } = await finish(start('resolve', '--trace', '--json', 'localhost'))
  expect([code, stdout]).not.toEqual([0, ''])
  expect(objectsOf(stderr)).toContainEqual(expect.objectContaining({ event: 'order', host: 'localhost' }))
})

const tshark = ['/usr/bin/tshark', '/usr/local/bin/tshark'].find(existsSync)

test.skipIf(tshark === undefined)(
  'netx --pcap of dial and listen writes what tshark reads (which needs tshark)',
  async () => {
    const [near, far] = [join(dir, 'near.pcapng'), join(dir, 'far.pcapng')]
    await using listening = netx('listen', '--echo', '--pcap', far, '127.0.0.1', '0')
    const place = await listening.printed(listeningAt)
    const { stdout } = await finish(start('dial', '--pcap', near, 'tcp', place), 'hello')
    await listening.closed
    expect(stdout).toBe('hello')
    const payloads = [near, far].map((file) =>
      execFileSync(
        tshark ?? '',
        ['-n', '-r', file, '-T', 'fields', '-e', 'tcp.payload', '-Y', 'tcp.len > 0'],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      ),
    )
    const hello = `${Buffer.from('hello').toString('hex')}\n`
    expect(payloads).toEqual([hello.repeat(2), hello.repeat(2)])
  },
)

const user = process.getuid?.() === 0 ? [] : ['--map-root-user']
const canEnclose = process.platform === 'linux' && spawnable()

function spawnable(): boolean {
  try {
    execFileSync('unshare', ['--net', ...user, 'ip', 'link', 'add', 'a0', 'type', 'dummy'], {
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
}

test.skipIf(!canEnclose)(
  'netx interfaces --watch lists, and tells what changes (which needs unshare and ip)',
  async () => {
    const script = join(dir, 'shell')
    writeFileSync(
      script,
      `ip link set lo up; exec 3<&0; ${process.execPath} ${bin} interfaces --watch < /dev/null & sh <&3; kill $!; wait $!`,
    )
    await using shell = new Running('unshare', '--net', ...user, 'bash', script)
    await shell.printed(/^1 lo .*\n {2}127\.0\.0\.1\/8\n/m)
    const type = (line: string): void => void shell.child.stdin?.write(`${line}\n`)
    type('ip link add watched0 type dummy; ip addr add 192.0.2.7/24 dev watched0; ip link set watched0 up')
    await shell.printed(/^new link \d+ watched0 \S+ mtu 1500\n/m)
    await shell.printed(/^new address \d+ 192\.0\.2\.7\/24\n/m)
    await shell.printed(/^new route 192\.0\.2\.0\/24 dev \d+\n/m)
    type('ip link del watched0')
    await shell.printed(/^del link \d+ watched0 /m)
    shell.child.stdin?.end()
    await once(shell.child, 'close')
  },
)
