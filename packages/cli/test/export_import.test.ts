import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createServer as createNetServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { curl, curlPath } from './curl.ts'

const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
const page = randomBytes(1 << 20)

let dir: string
let server: Server
let url: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-'))
  server = createServer((_req, res) => res.end(page)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})

afterAll(async () => {
  server.close()
  await once(server, 'close')
  await rm(dir, { recursive: true })
})

/** A netx that runs, and all it has printed. */
class Running implements AsyncDisposable {
  readonly child: ChildProcess
  readonly closed: Promise<void>
  text = ''
  #look: () => void = () => {}

  constructor(command: string, ...args: string[]) {
    this.child = spawn(command, args)
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.text += chunk.toString()
        this.#look()
      })
    }
    this.closed = once(this.child, 'close').then(() => this.#look())
  }

  /** Waits until it has printed this, and gives what the first group matched. */
  printed(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        const match = pattern.exec(this.text)
        if (match !== null) resolve(match[1] ?? '')
        else if (this.child.exitCode !== null) reject(new Error(`it ended: ${this.text}`))
      }
      this.#look()
    })
  }

  /** Asks it to end and gives its exit code. */
  async end(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    this.child.kill(signal)
    await this.closed
    return this.child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.end('SIGKILL')
  }
}

const netx = (...args: string[]): Running => new Running(process.execPath, bin, ...args)

async function proxies(address: string, ...more: string[]): Promise<{ running: Running; via: string[][] }> {
  const running = netx('import', '--socks', '0', '--http', '0', ...more, address)
  const socks = await running.printed(/SOCKS5 proxy at (.*)\n/)
  const http = await running.printed(/HTTP proxy at (.*)\n/)
  const via = [
    ['--socks5-hostname', socks],
    ['-x', `http://${http}`],
    ['-p', '-x', `http://${http}`],
  ]
  return { running, via }
}

test.skipIf(curlPath === undefined)('netx export and netx import carry curl over a Unix socket', async () => {
  const path = join(dir, 'net')
  await using exported = netx('export', `unix!${path}`)
  await exported.printed(/exporting \/net at unix!.*\/net\n0 sessions, 0 conversations/)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const { running: imported, via } = await proxies(`unix!${path}`)
  await using ending = imported
  for (const way of via) {
    const got = await curl(...way, url)
    expect(got).toMatchObject({ code: 0, message: '' })
    expect(got.body.equals(page)).toBe(true)
  }
  expect((await curl(...(via[0] ?? []), 'http://127.0.0.1:1/')).message).toContain('(5)')
  expect(await ending.end('SIGTERM')).toBe(0)
  expect(imported.text).toMatch(/1 session, \d connections? of 4, \d.*sent, 3\.\d MB received\n$/)
  expect(await exported.end('SIGINT')).toBe(0)
  expect(exported.text).toMatch(
    /ended after 1 session\n0 sessions, 0 conversations, 3\.\d MB read, .* written\n$/,
  )
  expect(existsSync(path)).toBe(false)
})

test('netx dial, listen and resolve go through the /net that --net names', async () => {
  const address = `unix!${join(dir, 'for-dial')}`
  await using exported = netx('export', address)
  await exported.printed(/exporting/)
  await using listening = netx('listen', '--net', address, '--wait', '200', 'tcp', '127.0.0.1:0')
  const to = await listening.printed(/listening on tcp (.*)\n/)
  listening.child.stdin?.end('from the listener')
  await using dialling = netx('dial', '--net', address, '--wait', '200', 'tcp', to)
  dialling.child.stdin?.end('from the dialler')
  await Promise.all([listening.closed, dialling.closed])
  expect(dialling.text).toBe('from the listener')
  expect(listening.text).toBe(`listening on tcp ${to}\nfrom the dialler`)
  await using resolving = netx('resolve', '--net', address, 'tcp', 'localhost:http')
  await resolving.closed
  expect(resolving.text).toMatch(/^(127\.0\.0\.1|\[::1\]):80\n$/)
  expect(await exported.end('SIGTERM')).toBe(0)
})

test.skipIf(curlPath === undefined)('netx export over TCP wants TLS beyond loopback, and a key', async () => {
  const [key, other] = [join(dir, 'key'), join(dir, 'other')]
  writeFileSync(key, `# the keys\nme:${randomBytes(32).toString('hex')}\n`)
  writeFileSync(other, `me:${randomBytes(32).toString('hex')}\n`)
  await using open = netx('export', 'tcp!*!0')
  await open.closed
  expect(open.child.exitCode).toBe(1)
  expect(open.text).toContain("anybody could use this machine's network")
  await using exported = netx('export', '--psk-file', key, 'tcp!*!0')
  const port = await exported.printed(/exporting \/net at tcp!.*!(\d+)\n/)
  const { running, via } = await proxies(`tcp!127.0.0.1!${port}`, '--psk-file', key)
  await using imported = running
  for (const way of via) expect((await curl(...way, url)).body.equals(page)).toBe(true)
  for (const wrong of [[], ['--psk-file', other]]) {
    await using refused = netx('import', '--socks', '0', ...wrong, `tcp!127.0.0.1!${port}`)
    await refused.closed
    expect(refused.child.exitCode).toBe(1)
    expect(refused.text).toMatch(/^netx: /)
  }
  expect(await imported.end('SIGINT')).toBe(0)
  expect(await exported.end('SIGINT')).toBe(0)
})

test.skipIf(curlPath === undefined)('netx export keeps to its rules', async () => {
  const address = `unix!${join(dir, 'rules')}`
  const port = new URL(url).port
  const denied = createServer((_req, res) => res.end('no')).listen(0, '127.0.0.1')
  await once(denied, 'listening')
  await using exported = netx('export', '--allow', `connect,tcp!127.0.0.0/8!${port}`, address)
  await exported.printed(/exporting/)
  const { running, via } = await proxies(address)
  await using imported = running
  expect((await curl(...(via[0] ?? []), url)).body.equals(page)).toBe(true)
  const other = `http://127.0.0.1:${(denied.address() as AddressInfo).port}/`
  expect((await curl(...(via[0] ?? []), other)).message).toContain('(2)')
  expect(
    (await curl(...(via[1] ?? []), '-o', '/dev/null', '-w', '%{http_code}', other)).body.toString(),
  ).toBe('403')
  denied.close()
  await imported.end('SIGTERM')
  expect(await exported.end('SIGTERM')).toBe(0)
  expect(exported.text).toMatch(/[1-9]\d* denied/)
})

test.skipIf(curlPath === undefined)('netx import connects again when its link was cut', async () => {
  const address = `unix!${join(dir, 'cut')}`
  await using first = netx('export', address)
  await first.printed(/exporting/)
  const { running: imported, via } = await proxies(address)
  await using ending = imported
  const [way = []] = via
  expect((await curl(...way, url)).body.equals(page)).toBe(true)
  await first.end('SIGKILL')
  await imported.printed(/the link to .* is cut: /)
  expect((await curl(...way, url)).message).toContain('(1)')
  // The socket of one that was killed is in nobody's way.
  await using second = netx('export', address)
  await second.printed(/exporting/)
  await imported.printed(/stands again/)
  expect((await curl(...way, url)).body.equals(page)).toBe(true)
  await using third = netx('export', address)
  await third.closed
  expect(third.text).toContain('address already in use')
  expect(await ending.end('SIGINT')).toBe(0)
})

test.each([
  [['import']],
  [['import', 'unix!/x']],
  [['import', '--socks', '1', '--cert', 'x', 'unix!/x']],
  [['export', 'unix!/a', 'unix!/b']],
  [['export', '--allow', 'a!b!c!d']],
])('netx shows its usage when it is called with %j', async (args) => {
  await using running = netx(...args)
  await running.closed
  expect(running.child.exitCode).toBe(2)
  expect(running.text).toContain('usage: netx dial')
})

test('netx import tells why it cannot begin', async () => {
  await using nobody = netx('import', '--socks', '0', `unix!${join(dir, 'nobody')}`)
  await nobody.closed
  expect([nobody.child.exitCode, nobody.text]).toEqual([
    1,
    `netx: dial unix ${join(dir, 'nobody')}: connect: no such file or directory\n`,
  ])
  const silent = createNetServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  await using other = netx('import', '--http', '0', `tcp!127.0.0.1!${(silent.address() as AddressInfo).port}`)
  await other.closed
  expect(other.child.exitCode).toBe(1)
  expect(other.text).toMatch(/^netx: 9P session ended/)
  silent.close()
  const address = `unix!${join(dir, 'for-all')}`
  await using exported = netx('export', address)
  await exported.printed(/exporting/)
  await using open = netx('import', '--socks', '0.0.0.0:0', address)
  await open.closed
  expect([open.child.exitCode, open.text]).toEqual([
    1,
    expect.stringContaining('anybody could use a proxy at'),
  ])
})

const script = existsSync('/usr/bin/script') ? '/usr/bin/script' : undefined

test.skipIf(script === undefined)('netx export shows one line that changes on a terminal', async () => {
  const path = join(dir, 'terminal')
  const command = `${process.execPath} ${bin} export unix!${path}`
  await using exported = new Running(script ?? '', '-qfec', command, '/dev/null')
  await exported.printed(/0 sessions, 0 conversations/)
  await using dialling = netx('dial', '--net', `unix!${path}`, 'tcp', new URL(url).host)
  await exported.printed(/\r\x1b\[K1 session, 1 conversation, /) // eslint-disable-line no-control-regex
  dialling.child.stdin?.end()
  expect(await dialling.end('SIGKILL')).toBe(null)
  await exported.printed(/\r\x1b\[K0 sessions, 0 conversations, /) // eslint-disable-line no-control-regex
})

const root = process.getuid?.() === 0 && existsSync('/usr/sbin/ip')

describe.skipIf(!root || curlPath === undefined)('in network namespaces (which needs root and ip)', () => {
  const id = `nx${process.pid}`
  const [near, middle, far] = [`${id}n`, `${id}m`, `${id}f`]
  const ip = (command: string): void => {
    execFileSync('ip', command.split(' '))
  }

  beforeAll(() => {
    for (const name of [near, middle, far]) {
      ip(`netns add ${name}`)
      ip(`-n ${name} link set lo up`)
    }
    // near 10.9.1.1 - 10.9.1.2 middle 10.9.2.1 - 10.9.2.2 far; nothing is routed.
    for (const [a, b, net] of [
      [near, middle, '10.9.1'],
      [middle, far, '10.9.2'],
    ] as const) {
      ip(`-n ${a} link add to${b} type veth peer name to${a} netns ${b}`)
      ip(`-n ${a} addr add ${net}.1/24 dev to${b}`)
      ip(`-n ${b} addr add ${net}.2/24 dev to${a}`)
      ip(`-n ${a} link set to${b} up`)
      ip(`-n ${b} link set to${a} up`)
    }
  })

  afterAll(() => {
    for (const name of [near, middle, far]) ip(`netns del ${name}`)
  })

  const within = (name: string, ...args: string[]): Running =>
    new Running('ip', 'netns', 'exec', name, process.execPath, bin, ...args)

  test('curl reaches what only the exporting machine can reach', async () => {
    const key = join(dir, 'namespace-key')
    writeFileSync(key, `me:${randomBytes(32).toString('hex')}\n`)
    const program =
      "require('http').createServer((q, r) => r.end('far')).listen(80, '10.9.2.2', () => console.log('up'))"
    const served = spawn('ip', ['netns', 'exec', far, process.execPath, '-e', program])
    await once(served.stdout, 'data')
    await using exported = within(middle, 'export', '--psk-file', key, 'tcp!10.9.1.2!564')
    await exported.printed(/exporting/)
    await using imported = within(
      near,
      'import',
      '--socks',
      '1080',
      '--http',
      '8080',
      '--psk-file',
      key,
      'tcp!10.9.1.2!564',
    )
    await imported.printed(/HTTP proxy/)
    const fromNear = async (...args: string[]): Promise<string> => {
      const all = ['netns', 'exec', near, curlPath ?? '', '-sS', '--max-time', '10', '--noproxy', '', ...args]
      const child = spawn('ip', all, { env: { PATH: process.env.PATH } })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
      await once(child, 'close')
      return said
    }
    expect(await fromNear('http://10.9.2.2/')).toMatch(/Couldn't connect|unreachable/)
    expect(await fromNear('--socks5-hostname', '127.0.0.1:1080', 'http://10.9.2.2/')).toBe('far')
    expect(await fromNear('-x', 'http://127.0.0.1:8080', 'http://10.9.2.2/')).toBe('far')
    expect(await fromNear('-p', '-x', 'http://127.0.0.1:8080', 'http://10.9.2.2/')).toBe('far')
    expect(await imported.end('SIGINT')).toBe(0)
    expect(await exported.end('SIGINT')).toBe(0)
    served.kill()
    await once(served, 'close')
  })
})
