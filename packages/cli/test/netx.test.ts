import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen, listenPacket } from '@net/core'
import { expect, test } from 'vitest'
import { answered, finish, finished, start } from './finished.ts'

test('netx dial sends its input and prints the answer', async () => {
  await using listener = await listen('tcp', '127.0.0.1:0')
  const finished = finish(start('dial', 'tcp', listener.addr.toString()), 'question\n')
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
  const finished = finish(start('dial', '--wait', '300', 'udp', packets.localAddr.toString()), 'question')
  const [packet, from] = await packets.receive()
  expect(Buffer.from(packet).toString()).toBe('question')
  await packets.writeTo(Buffer.from('answer'), from)
  expect(await finished).toEqual({ code: 0, stdout: 'answer', stderr: '' })
})

test('netx dial tells why it failed', async () => {
  expect(await finished('dial', 'tcp', '127.0.0.1:1')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'netx: dial tcp 127.0.0.1:1: connect: connection refused\n',
  })
})

test('netx listen talks to netx dial over TCP and Unix sockets', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'netx-'))
  for (const [network, address] of [
    ['tcp', '127.0.0.1:0'],
    ['unix', join(dir, 'sock')],
  ] as const) {
    const server = start('listen', network, address)
    const [line] = (await once(server.stderr, 'data')) as [Buffer]
    const where = /^listening on \w+ (.*)\n$/.exec(line.toString())?.[1] ?? ''
    const [served, dialled] = await Promise.all([
      finish(server, 'from the server'),
      finish(start('dial', network, where), 'from the client'),
    ])
    expect(served).toEqual({ code: 0, stdout: 'from the client', stderr: '' })
    expect(dialled).toEqual({ code: 0, stdout: 'from the server', stderr: '' })
  }
  await rm(dir, { recursive: true })
})

test('netx listen prints packets', async () => {
  const server = start('listen', 'udp', '127.0.0.1:0')
  const [line] = (await once(server.stderr, 'data')) as [Buffer]
  const where = line.toString().split(' ')[3]?.trim() ?? ''
  const printed = once(server.stdout, 'data')
  await finish(start('dial', '--wait', '0', 'udp', where), 'packet')
  expect(String((await printed)[0])).toBe('packet')
  server.kill()
  await once(server, 'close')
})

test('netx dial and netx listen take dial strings', async () => {
  const server = start('listen', 'tcp!127.0.0.1!0')
  const [line] = (await once(server.stderr, 'data')) as [Buffer]
  const port = /^listening on tcp 127\.0\.0\.1:(\d+)\n$/.exec(line.toString())?.[1] ?? ''
  const [served, dialled] = await Promise.all([
    finish(server, 'from the server'),
    finish(start('dial', `net!localhost!${port}`), 'from the client'),
  ])
  expect(served).toEqual({ code: 0, stdout: 'from the client', stderr: '' })
  expect(dialled).toEqual({ code: 0, stdout: 'from the server', stderr: '' })
})

test('netx interfaces prints what the system has', async () => {
  const before = readdirSync('/sys/class/net')
  const { code, stdout } = await finished('interfaces')
  const after = readdirSync('/sys/class/net')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^1 lo up\|loopback\|running mtu 65536\n {2}127\.0\.0\.1\/8\n/)
  const printed = stdout.split('\n').flatMap((line) => /^\d+ (\S+)/.exec(line)?.slice(1) ?? [])
  // Others may come and go meanwhile.
  expect(printed).toEqual(expect.arrayContaining(before.filter((name) => after.includes(name))))
  expect((await finished('interfaces', 'lo')).stdout.split('\n')[0]).toBe(stdout.split('\n')[0])
  expect(await finished('interfaces', 'nosuch')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'netx: route ip+net: no such network interface\n',
  })
})

const commands = [
  ...[
    'dial',
    'listen',
    'resolve',
    'interfaces',
    'ping',
    'forward',
    'export',
    'import',
    'status',
    'sim',
    'targets',
  ],
  'completion',
]

test('netx tells how it is called, and its version', async () => {
  const whole = await answered('--help')
  expect(whole).toMatchObject({ code: 0, stderr: '' })
  const listed = whole.stdout.split('\n').flatMap((line) => /^ {2}([a-z]+) /.exec(line)?.slice(1) ?? [])
  expect(listed).toEqual([...commands, 'help'])
  expect(await answered('help')).toEqual(whole)
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  for (const option of ['--version', '-V'])
    expect(await answered(option)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test.each(commands)('netx help %s has a sentence, options, two examples and exit codes', async (command) => {
  const help = await answered('help', command)
  expect(help).toMatchObject({ code: 0, stderr: '' })
  const lines = help.stdout.split('\n')
  expect(lines[0]).toMatch(new RegExp(`^Usage: netx ${command} \\[options\\]`))
  expect(lines[2]).toMatch(/^[A-Z]/)
  for (const option of ['--timeout <ms>', '--json', '-v, --verbose', '-h, --help'])
    expect(help.stdout).toContain(`\n  ${option} `)
  expect(lines.slice(lines.indexOf('Examples:')).filter((line) => line.startsWith('  # '))).toHaveLength(2)
  expect(help.stdout).toMatch(/\nExit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n$/)
  expect(await answered(command, '--help')).toEqual(help)
  expect(await answered(command, '-h')).toEqual(help)
})

test('netx targets prints the table that docs/targets.md has', async () => {
  const { code, stdout } = await answered('targets')
  expect(code).toBe(0)
  const page = readFileSync(new URL('../../../docs/targets.md', import.meta.url), 'utf8')
  const documented = page
    .slice(0, page.indexOf('\n## '))
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
  [['help', 'fly']],
  [['dial', 'tcp', 'a', '1', 'b']],
  [['dial', 'tcp']],
  [['targets', 'x']],
  [['dial', '--wait', 'soon', 'tcp', ':1']],
  [['dial', '--x']],
  [['resolve', '--type', 'any', 'localhost']],
  [['resolve', '--server', 'localhost:53', 'localhost']],
  [['interfaces', 'lo', 'eth0']],
])('netx shows its usage when it is called with %j', async (args) => {
  const { code, stdout, stderr } = await answered(...args)
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/usage: netx /i)
})
