import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { certificate, openssl } from './certificate.ts'
import { curl, curlPath } from './curl.ts'
import { page, pageServer } from './page_server.ts'
import { netx, proxies } from './running.ts'

let dir: string
let server: Awaited<ReturnType<typeof pageServer>>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-tls-'))
  server = await pageServer()
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
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
  for (const way of via) expect((await curl(...way, server.url)).body.equals(page)).toBe(true)
  for (const wrong of [[], ['--psk-file', other]]) {
    await using refused = netx('import', '--socks', '0', ...wrong, `tcp!127.0.0.1!${port}`)
    await refused.closed
    expect(refused.child.exitCode).toBe(1)
    expect(refused.text).toMatch(/^netx: /)
  }
  expect(await imported.end('SIGINT')).toBe(0)
  expect(await exported.end('SIGINT')).toBe(0)
})

test.skipIf(openssl === undefined || curlPath === undefined)(
  'netx export lets in who has a certificate, and netx import knows whom it talks to (which needs openssl)',
  async () => {
    for (const name of ['there', 'me', 'stranger']) certificate(dir, name)
    const files = (name: string, ca: string): string[] => [
      ...[
        '--cert',
        join(dir, `${name}.pem`),
        '--key',
        join(dir, `${name}.key`),
        '--ca',
        join(dir, `${ca}.pem`),
      ],
    ]
    await using exported = netx('export', ...files('there', 'me'), 'tcp!127.0.0.1!0')
    const port = await exported.printed(/exporting \/net at tcp!127\.0\.0\.1!(\d+)\n/)
    const address = `tcp!127.0.0.1!${port}`
    const { running, via } = await proxies(address, ...files('me', 'there'), '--server-name', 'there')
    await using imported = running
    for (const way of via) expect((await curl(...way, server.url)).body.equals(page)).toBe(true)
    for (const wrong of [
      [...files('stranger', 'there'), '--server-name', 'there'],
      [...files('me', 'stranger'), '--server-name', 'there'],
      [...files('me', 'there'), '--server-name', 'elsewhere'],
    ]) {
      await using refused = netx('import', '--socks', '0', ...wrong, address)
      await refused.closed
      expect(refused.child.exitCode).toBe(1)
      expect(refused.text).toMatch(/^netx: .+\n$/)
    }
    await imported.end('SIGINT')
    expect(await exported.end('SIGINT')).toBe(0)
    expect(exported.text).toMatch(/ended after 1 session\n/)
  },
)
