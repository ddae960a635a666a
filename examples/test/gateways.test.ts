import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { listen } from '@net/core'
import { proxyListener } from '@net/core/io'
import { haproxyPath, Running, startHAProxy } from '@net/peers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { here, missing, run, start } from './example.ts'

const netx = here('../packages/cli/dist/bin.js')

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'net-gateways-'))
})

afterAll(async () => {
  await rm(dir, { recursive: true })
})

/** A server that tells each client its address, as a proxy of the PROXY protocol says it. */
async function tellingServer(): Promise<AsyncDisposable & { readonly address: string }> {
  const listener = proxyListener(await listen('tcp', '127.0.0.1:0'))
  const serving = (async () => {
    for await (const conn of listener) {
      await conn.write(new TextEncoder().encode(conn.remoteAddr.toString()))
      await conn.close()
    }
  })()
  return {
    address: listener.addr.toString(),
    async [Symbol.asyncDispose]() {
      await listener.close()
      await serving
    },
  }
}

/** Connects, and gives what is said and the own address. */
async function told(port: string): Promise<{ readonly said: string; readonly own: string }> {
  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  const own = `127.0.0.1:${socket.localPort ?? 0}`
  return { said: await text(socket), own }
}

test('reverse_proxy.mjs tells servers who calls, and passes over those that refuse', async () => {
  await using server = await tellingServer()
  const gone = await listen('tcp', '127.0.0.1:0')
  await gone.close()
  await using proxy = start('reverse_proxy.mjs', '127.0.0.1:0', gone.addr.toString(), server.address)
  const port = await proxy.printed(/listening on .*:(\d+)\n/)
  for (let i = 0; i < 3; i++) {
    const { said, own } = await told(port)
    expect(said).toBe(own)
  }
  expect(await proxy.end('SIGINT')).toBe(0)
})

test('reverse_proxy.mjs says in a line that no server takes a connection', async () => {
  const gone = await listen('tcp', '127.0.0.1:0')
  await gone.close()
  await using proxy = start('reverse_proxy.mjs', '127.0.0.1:0', gone.addr.toString())
  const port = await proxy.printed(/listening on .*:(\d+)\n/)
  expect((await told(port)).said).toBe('')
  await proxy.printed(/connection refused\n/)
  expect(proxy.text.split('\n')).toHaveLength(3)
  expect(await proxy.end('SIGINT')).toBe(0)
})

const noHAProxy = haproxyPath === null ? ' (skipped: haproxy is not installed)' : ''

test.skipIf(haproxyPath === null)(`reverse_proxy.mjs is understood by haproxy${noHAProxy}`, async () => {
  await using server = await tellingServer()
  const to = `${server.address} send-proxy-v2`
  await using haproxy = await startHAProxy(haproxyPath ?? '', { to, bind: 'accept-proxy' })
  await using proxy = start('reverse_proxy.mjs', '127.0.0.1:0', `127.0.0.1:${haproxy.port}`)
  const { said, own } = await told(await proxy.printed(/listening on .*:(\d+)\n/))
  expect(said).toBe(own)
  expect(await proxy.end('SIGINT')).toBe(0)
})

const noCurl = missing('curl', '--version')

test.skipIf(noCurl !== '')(
  `gateway.mjs passes on between the kernel and a simulated stack, both ways${noCurl}`,
  async () => {
    const web = createServer((req, res) => res.end(`you asked for ${req.url ?? ''}\n`)).listen(0, '127.0.0.1')
    await once(web, 'listening')
    const { port } = web.address() as AddressInfo
    const [client, server] = [`unix!${join(dir, 'client')}`, `unix!${join(dir, 'server')}`]
    const exports = ['--export', `client=${client}`, '--export', `server=${server}`]
    await using sim = new Running(process.execPath, netx, 'sim', here('three_hosts.json'), ...exports)
    await sim.printed(/exporting \/net of server/)
    // The web server is shown on a simulated host, and another simulated host's way to it is shown here.
    await using inward = start('gateway.mjs', server, ':80', 'kernel', `127.0.0.1:${port}`)
    await inward.printed(/listening on .*:80 of unix!/)
    await using outward = start('gateway.mjs', 'kernel', '127.0.0.1:0', client, 'server:80')
    const near = await outward.printed(/listening on (\S+) of kernel\n/)
    for (const path of ['/one', '/two']) {
      const { stdout } = await promisify(execFile)('curl', ['-sS', '--noproxy', '*', `http://${near}${path}`])
      expect(stdout).toBe(`you asked for ${path}\n`)
    }
    expect(await outward.end('SIGINT')).toBe(0)
    expect(await inward.end('SIGINT')).toBe(0)
    expect(await sim.end('SIGINT')).toBe(0)
    web.close()
    await once(web, 'close')
  },
)

// Another machine: a network and a file of hosts of its own, and all its processes end with it.
const user = process.getuid?.() === 0 ? [] : ['--map-root-user']
const machine = ['--net', '--mount', '--pid', '--fork', '--kill-child', ...user, 'sh', '-c']
const noMachine = missing('unshare', ...machine, 'true')

test.skipIf(noMachine !== '')(`import.mjs shows the network of another machine${noMachine}`, async () => {
  const [socket, hosts] = [join(dir, 'there'), join(dir, 'hosts')]
  writeFileSync(hosts, '10.7.0.1 intranet\n')
  const script = `mount --bind "$1" /etc/hosts && ip link set lo up && ip address add 10.7.0.1/24 dev lo || exit
"$2" "$3" tcp 10.7.0.1:80 & exec "$2" "$4" export "$5"`
  const args = [hosts, process.execPath, here('http_server.mjs'), netx, socket]
  await using there = new Running('unshare', ...machine, script, 'sh', ...args)
  await there.printed(/exporting \/net/)
  await there.printed(/listening on 10\.7\.0\.1:80\n/)
  expect(await run('import.mjs', [`unix!${socket}`, 'http://intranet/page'])).toEqual({
    code: 0,
    stdout: '/net/ipifc/0: 127.0.0.1/8 10.7.0.1/24 ::1/128\nintranet is 10.7.0.1\nyou asked for /page\n',
    stderr: '',
  })
})
