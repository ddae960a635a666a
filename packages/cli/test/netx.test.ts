import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'
import { listen, listenPacket } from '@net/core'
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
])('netx shows its usage when it is called with %j', async (args) => {
  const { code, stdout, stderr } = await finish(netx(...args))
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain('usage: netx dial')
})
