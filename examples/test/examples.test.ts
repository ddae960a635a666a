import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const here = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** What an example that ends prints. */
const printed: Readonly<Record<string, string>> = {
  'cancel.mjs': 'signal: changed my mind\ndeadline: timeout is true\nstill here\n',
  'opentelemetry.mjs':
    'net.lookupIPAddr below work: done\nnet.dial below work: done\n' +
    'net.lookupIPAddr below work: done\nnet.dial below work: failed\n',
  'two_stacks.mjs': 'from posix to hosted\n',
  'udp.mjs': 'one -> ONE\ntwo -> TWO\nthree -> THREE\n',
  'unix.mjs': 'the client said: all I have to say\nthe server said: understood\n',
}

const curl = spawnSync('curl', ['--version']).status === 0

const servers = ['echo_server.mjs', 'http_server.mjs']
const elsewhere = ['dns_over_tls.mjs'] // has a test file of its own

test.each(Object.entries(printed))('%s prints what it should', async (file, expected) => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [here(file)])
  expect(stderr).toBe('')
  expect(stdout).toBe(expected)
})

test('every example is tested', () => {
  const examples = readdirSync(here('.')).filter((name) => name.endsWith('.mjs'))
  expect(examples.sort()).toEqual(
    [...servers, ...elsewhere, 'ping.mjs', 'simulated.mjs', ...Object.keys(printed)].sort(),
  )
})

/** Starts a server and gives its port. */
async function start(file: string, ...args: string[]): Promise<[ChildProcess, number]> {
  const server = spawn(process.execPath, [here(file), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(server.stdout, 'data')) as [Buffer]
  return [server, Number(/:(\d+)\n/.exec(line.toString())?.[1])]
}

async function end(server: ChildProcess): Promise<void> {
  server.kill()
  await once(server, 'exit')
}

test('echo_server.mjs sends back what it gets', async () => {
  const [server, port] = await start('echo_server.mjs', '127.0.0.1:0')
  const socket = connect(port, '127.0.0.1')
  socket.end('hello')
  expect((await buffer(socket)).toString()).toBe('hello')
  await end(server)
})

test('http_server.mjs answers, and ends when it is told to', async () => {
  const [server, port] = await start('http_server.mjs', 'tcp', '127.0.0.1:0')
  const [res] = (await once(get({ host: '127.0.0.1', port, path: '/x' }), 'response')) as [IncomingMessage]
  expect(await text(res)).toBe('you asked for /x\n')
  server.kill('SIGTERM')
  expect(await once(server, 'exit')).toEqual([0, null])
})

const root = process.getuid?.() === 0

test.skipIf(!root)(
  `ping.mjs pings both loopback addresses${root ? '' : ' (skipped: it needs root)'}`,
  async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      here('ping.mjs'),
      '127.0.0.1',
      '::1',
    ])
    expect(stderr).toBe('')
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(6)
    for (const [i, line] of lines.entries()) {
      const from = i < 3 ? '127.0.0.1' : '::1'
      expect(line.startsWith(`29 bytes from ${from}: icmp_seq=${(i % 3) + 1} time=`)).toBe(true)
    }
  },
)

test.skipIf(!curl)(
  `simulated.mjs lets curl ask through a network that loses packets${curl ? '' : ' (skipped: it needs curl)'}`,
  async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [here('simulated.mjs')])
    expect(stderr).toBe('')
    expect(stdout).toBe('you asked for /one\nyou asked for /two\nyou asked for /three\n')
  },
)
