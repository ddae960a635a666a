import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { listen } from '@net/core'
import { expect, test } from 'vitest'
import { here, missing, run, start } from './example.ts'

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

/** How those are called that take arguments, and the arguments of a call that can't work. */
const called: Readonly<Record<string, readonly [usage: string, wrong: readonly string[]]>> = {
  'chat.mjs': ['name group:port interface', ['ann', 'nowhere', 'lo']],
  'dns_over_tls.mjs': [
    'server server-name name [file of certificates]',
    ['127.0.0.1', 'a.test', 'b.test', '/none'],
  ],
  'echo_server.mjs': ['[address]', ['nowhere']],
  'gateway.mjs': ['stack address stack server', ['unix!/none', ':1', 'kernel', ':1']],
  'http_over_unix.mjs': ['socket [path]', ['/none/socket']],
  'http_server.mjs': ['[network address]', ['tcp', '127.0.0.1:no']],
  'import.mjs': ['where url', ['unix!/none', 'http://a/']],
  'outage.mjs': ['seconds', []],
  'ping.mjs': ['address...', []],
  'restart.mjs': ['address', ['127.0.0.1:no']],
  'reverse_proxy.mjs': ['address server...', ['nowhere', '127.0.0.1:1']],
  'sd_notify.mjs': ['NAME=value...', []],
  'syslog.mjs': ['tag message [socket]', ['tag', 'message', '/none']],
}

const noCurl = missing('curl', '--version')

test.each(Object.entries(printed))('%s prints what it should', async (file, stdout) => {
  expect(await run(file, [])).toEqual({ code: 0, stdout, stderr: '' })
})

test('outage.mjs tells how a client gets through, and takes no time for it', async () => {
  const { code, stdout, stderr } = await run('outage.mjs', ['600'])
  expect([code, stderr]).toEqual([0, ''])
  const lines = stdout.trimEnd().split('\n')
  expect(lines.slice(0, 3)).toEqual([
    '0.08 s: answered',
    '0.08 s: the cable is out',
    '1.08 s: dial tcp 10.0.0.2:7: i/o timeout',
  ])
  expect(lines).toContain('600.08 s: the cable is in again')
  expect(lines.at(-1)).toMatch(/^6\d\d\.\d\d s: answered$/)
})

const examples = readdirSync(here('.')).filter((name) => name.endsWith('.mjs'))
const shared = ['command.mjs', 'relay.mjs'] // what several examples use

test('every example is tested and listed', () => {
  const tested = [...Object.keys(called), 'simulated.mjs', ...Object.keys(printed)]
  expect(examples.filter((name) => !shared.includes(name)).sort()).toEqual(tested.sort())
  const page = readFileSync(here('README.md'), 'utf8')
  const listed = [...page.matchAll(/^\| `(\w+\.mjs)` /gm)].map(([, name = '']) => name)
  expect(listed.sort()).toEqual(tested)
})

test.each(Object.entries(called))('%s says how it is called', async (file, [usage, wrong]) => {
  const said = { code: 2, stdout: '', stderr: `usage: node ${file} ${usage}\n` }
  expect(await run(file, ['--help'])).toEqual(said)
  if (!usage.startsWith('[')) expect(await run(file, [])).toEqual(said)
  if (wrong.length === 0) return
  const { code, stdout, stderr } = await run(file, wrong)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(new RegExp(`^${file}: .*\n$`))
})

test.each(['echo_server.mjs', 'http_server.mjs', 'restart.mjs', 'reverse_proxy.mjs'])(
  '%s says in a line that its port is taken',
  async (file) => {
    await using taken = await listen('tcp', '127.0.0.1:0')
    const address = taken.addr.toString()
    const before = file === 'http_server.mjs' ? ['tcp'] : []
    const behind = file === 'reverse_proxy.mjs' ? ['127.0.0.1:1'] : []
    expect(await run(file, [...before, address, ...behind])).toEqual({
      code: 1,
      stdout: '',
      stderr: `${file}: listen tcp ${address}: bind: address already in use\n`,
    })
  },
)

test('echo_server.mjs sends back what it gets', async () => {
  await using server = start('echo_server.mjs', '127.0.0.1:0')
  const port = await server.printed(/:(\d+)\n/)
  const socket = connect(Number(port), '127.0.0.1')
  socket.end('hello')
  expect((await buffer(socket)).toString()).toBe('hello')
  expect(await server.end('SIGINT')).toBe(0)
})

test('http_server.mjs answers, and ends when it is told to', async () => {
  await using server = start('http_server.mjs', 'tcp', '127.0.0.1:0')
  const port = await server.printed(/:(\d+)\n/)
  const [res] = (await once(get({ host: '127.0.0.1', port, path: '/x' }), 'response')) as [IncomingMessage]
  expect(await text(res)).toBe('you asked for /x\n')
  expect(await server.end('SIGTERM')).toBe(0)
})

const root = process.getuid?.() === 0

test.skipIf(!root)(
  `ping.mjs pings both loopback addresses${root ? '' : ' (skipped: it needs root)'}`,
  async () => {
    const { stdout, stderr } = await run('ping.mjs', ['127.0.0.1', '::1'])
    expect(stderr).toBe('')
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(6)
    for (const [i, line] of lines.entries()) {
      const from = i < 3 ? '127.0.0.1' : '::1'
      expect(line.startsWith(`29 bytes from ${from}: icmp_seq=${(i % 3) + 1} time=`)).toBe(true)
    }
  },
)

test.skipIf(noCurl !== '')(
  `simulated.mjs lets curl ask through a network that loses packets${noCurl}`,
  async () => {
    expect(await run('simulated.mjs', [])).toEqual({
      code: 0,
      stdout: 'you asked for /one\nyou asked for /two\nyou asked for /three\n',
      stderr: '',
    })
  },
)
