import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'
import { listen, listenPacket } from '@net/core'
import { Dnsmasq, dnsmasqPath } from '@net/peers'
import { expect, test } from 'vitest'

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))

function netx(...args: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [bin, ...args])
}

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a child to its end with this input. */
async function finish(child: ChildProcessWithoutNullStreams, input = ''): Promise<Outcome> {
  child.stdin.end(input)
  const [stdout, stderr, closed] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code: closed[0] as number, stdout, stderr }
}

test('netx dial sends its input and prints the answer', async () => {
  await using listener = await listen('tcp', '127.0.0.1:0')
  const finished = finish(netx('dial', 'tcp', listener.addr.toString()), 'question\n')
  await using conn = await listener.accept()
  const p = new Uint8Array(100)
  expect(await conn.read(p)).toBe(9)
  expect(await conn.read(p)).toBe(null)
  await conn.write(Buffer.from('answer\n'))
  await conn.close()
  expect(await finished).toEqual({ code: 0, stdout: 'answer\n', stderr: '' })
})

test('netx dial waits for the answer to a packet', async () => {
  await using packets = await listenPacket('udp', '127.0.0.1:0')
  const finished = finish(netx('dial', '--wait', '300', 'udp', packets.localAddr.toString()), 'question')
  const [packet, from] = await packets.receive()
  expect(Buffer.from(packet).toString()).toBe('question')
  await packets.writeTo(Buffer.from('answer'), from)
  expect(await finished).toEqual({ code: 0, stdout: 'answer', stderr: '' })
})

test('netx dial tells why it failed', async () => {
  const gone = await listen('tcp', '127.0.0.1:0')
  await gone.close()
  const to = gone.addr.toString()
  expect(await finish(netx('dial', 'tcp', to))).toEqual({
    code: 1,
    stdout: '',
    stderr: `netx: dial tcp ${to}: connect: connection refused\n`,
  })
})

test('netx listen talks to netx dial over TCP and Unix sockets', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'netx-'))
  for (const [network, address] of [
    ['tcp', '127.0.0.1:0'],
    ['unix', join(dir, 'sock')],
  ] as const) {
    const server = netx('listen', network, address)
    const [line] = (await once(server.stderr, 'data')) as [Buffer]
    const where = /^listening on \w+ (.*)\n$/.exec(line.toString())?.[1] ?? ''
    const [served, dialled] = await Promise.all([
      finish(server, 'from the server'),
      finish(netx('dial', network, where), 'from the client'),
    ])
    expect(served).toEqual({ code: 0, stdout: 'from the client', stderr: '' })
    expect(dialled).toEqual({ code: 0, stdout: 'from the server', stderr: '' })
  }
  await rm(dir, { recursive: true })
})

test('netx listen prints packets', async () => {
  const server = netx('listen', 'udp', '127.0.0.1:0')
  const [line] = (await once(server.stderr, 'data')) as [Buffer]
  const where = line.toString().split(' ')[3]?.trim() ?? ''
  const printed = once(server.stdout, 'data')
  await finish(netx('dial', '--wait', '0', 'udp', where), 'packet')
  expect(String((await printed)[0])).toBe('packet')
  server.kill()
  await once(server, 'close')
})

test('netx resolve prints addresses', async () => {
  expect(await finish(netx('resolve', '127.0.0.1'))).toEqual({ code: 0, stdout: '127.0.0.1\n', stderr: '' })
  expect((await finish(netx('resolve', 'tcp', '[::1]:http'))).stdout).toBe('[::1]:80\n')
  expect((await finish(netx('resolve', 'localhost'))).stdout).toMatch(/^(127\.0\.0\.1|::1)$/m)
  expect(await finish(netx('resolve', 'no such'))).toEqual({
    code: 1,
    stdout: '',
    stderr: 'netx: lookup no such: no such host\n',
  })
})

test('netx dial and netx listen take dial strings', async () => {
  const server = netx('listen', 'tcp!127.0.0.1!0')
  const [line] = (await once(server.stderr, 'data')) as [Buffer]
  const port = /^listening on tcp 127\.0\.0\.1:(\d+)\n$/.exec(line.toString())?.[1] ?? ''
  const [served, dialled] = await Promise.all([
    finish(server, 'from the server'),
    finish(netx('dial', `net!localhost!${port}`), 'from the client'),
  ])
  expect(served).toEqual({ code: 0, stdout: 'from the client', stderr: '' })
  expect(dialled).toEqual({ code: 0, stdout: 'from the server', stderr: '' })
})

const zone = [
  '--local=/test/',
  '--host-record=dual.test,192.0.2.1,2001:db8::1',
  '--cname=alias.test,dual.test',
  '--mx-host=mail.test,mx2.mail.test,20',
  '--mx-host=mail.test,mx1.mail.test,10',
  '--srv-host=_sip._tcp.test,b.test,5061,20,5',
  '--srv-host=_sip._tcp.test,a.test,5060,10,5',
  '--txt-record=text.test,one,two',
  '--ptr-record=9.2.0.192.in-addr.arpa,nine.test',
]
const absent = dnsmasqPath === null ? ' (skipped: dnsmasq is not installed)' : ''

test.skipIf(dnsmasqPath === null)(
  `netx resolve asks the server and for the type it is given${absent}`,
  async () => {
    await using server = await Dnsmasq.start(dnsmasqPath ?? '', zone)
    const asked: [type: string, name: string, answer: RegExp][] = [
      ['ip', 'dual.test', /^(192\.0\.2\.1\n2001:db8::1|2001:db8::1\n192\.0\.2\.1)\n$/],
      ['cname', 'alias.test', /^dual\.test\.\n$/],
      ['mx', 'mail.test', /^10 mx1\.mail\.test\.\n20 mx2\.mail\.test\.\n$/],
      ['SRV', '_sip._tcp.test', /^10 5 5060 a\.test\.\n20 5 5061 b\.test\.\n$/],
      ['txt', 'text.test', /^onetwo\n$/],
      ['ptr', '192.0.2.9', /^nine\.test\.\n$/],
    ]
    for (const [type, name, answer] of asked) {
      const outcome = await finish(netx('resolve', '--server', server.address, '--type', type, name))
      expect(outcome).toMatchObject({ code: 0, stderr: '' })
      expect(outcome.stdout).toMatch(answer)
    }
    expect(await finish(netx('resolve', '--server', server.address, '--type', 'ns', 'nosuch.test'))).toEqual({
      code: 1,
      stdout: '',
      stderr: `netx: lookup nosuch.test on ${server.address}: no such host\n`,
    })
  },
)

test('netx interfaces prints what the system has', async () => {
  const before = readdirSync('/sys/class/net')
  const { code, stdout } = await finish(netx('interfaces'))
  const after = readdirSync('/sys/class/net')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^1 lo up\|loopback\|running mtu 65536\n {2}127\.0\.0\.1\/8\n/)
  const printed = stdout.split('\n').flatMap((line) => /^\d+ (\S+)/.exec(line)?.slice(1) ?? [])
  // Others may come and go meanwhile.
  expect(printed).toEqual(expect.arrayContaining(before.filter((name) => after.includes(name))))
  expect((await finish(netx('interfaces', 'lo'))).stdout.split('\n')[0]).toBe(stdout.split('\n')[0])
  expect(await finish(netx('interfaces', 'nosuch'))).toEqual({
    code: 1,
    stdout: '',
    stderr: 'netx: route ip+net: no such network interface\n',
  })
})

test('netx tells how it is called, and its version', async () => {
  const whole = await finish(netx('--help'))
  expect(whole).toMatchObject({ code: 0, stderr: '' })
  expect(whole.stdout.split('\n').filter((line) => line.includes('netx ')).length).toBe(7)
  const one = 'usage: netx interfaces [--net net] [name]\n\n'
  for (const args of [
    ['help', 'interfaces'],
    ['interfaces', '-h'],
    ['interfaces', '--help'],
  ]) {
    const { code, stdout } = await finish(netx(...args))
    expect(code).toBe(0)
    expect(stdout.startsWith(one)).toBe(true)
    expect(stdout).toMatch(/^net: {5}a directory/m)
  }
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  expect(await finish(netx('--version'))).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test('netx targets prints the table that docs/targets.md has', async () => {
  const { code, stdout } = await finish(netx('targets'))
  expect(code).toBe(0)
  const page = readFileSync(new URL('../../../docs/targets.md', import.meta.url), 'utf8')
  const documented = page
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.includes('---'))
    .map((line) => line.replace(/refuses \((\w+)\)/g, '$1').match(/[@\w/]+/g))
  expect(documented.length).toBeGreaterThan(8)
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.match(/[@\w/]+/g)),
  ).toEqual(documented)
})

test.each([
  [[]],
  [['fly']],
  [['dial', 'tcp']],
  [['targets', 'x']],
  [['dial', '--wait', 'soon', 'tcp', ':1']],
  [['dial', '--x']],
  [['resolve', '--type', 'a', 'localhost']],
  [['resolve', '--server', 'localhost:53', 'localhost']],
  [['interfaces', 'lo', 'eth0']],
])('netx shows its usage when it is called with %j', async (args) => {
  const { code, stdout, stderr } = await finish(netx(...args))
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain('usage: netx ')
})
