import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Running } from '@net/peers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { curlPath } from './curl.ts'
import { bin } from './running.ts'

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-netns-'))
})

afterAll(async () => {
  await rm(dir, { recursive: true })
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
