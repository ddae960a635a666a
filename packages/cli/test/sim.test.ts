import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Validator } from '@cfworker/json-schema'
import { Net } from '@net/core'
import { serve } from '@net/core/node'
import { dialNet, plan9 } from '@net/core/plan9'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { curl, curlPath } from './curl.ts'
import { answered, objectsOf } from './finished.ts'
import { page } from './page_server.ts'
import { netx, proxies } from './running.ts'

let dir: string
let files = 0

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-sim-'))
})

afterAll(() => rm(dir, { recursive: true }))

function fileOf(topology: object | string): string {
  const file = join(dir, `${files++}.json`)
  writeFileSync(file, typeof topology === 'string' ? topology : JSON.stringify(topology, null, 2))
  return file
}

const three = {
  seed: 1,
  hosts: {
    client: { addrs: ['10.0.1.1/24'], routes: { default: '10.0.1.254' }, resolvConf: 'nameserver 10.0.2.53' },
    server: { addrs: ['10.0.2.80/24'], routes: { default: '10.0.2.254' } },
  },
  routers: {
    middle: { interfaces: { eth0: { addrs: ['10.0.1.254/24'] }, eth1: { addrs: ['10.0.2.254/24'] } } },
  },
  dns: {
    names: {
      addrs: ['10.0.2.53/24'],
      routes: { default: '10.0.2.254' },
      zone: { 'server.lab': { A: ['10.0.2.80'] } },
    },
  },
  switches: { lan: { hosts: ['server', 'names', 'middle/eth1'], latency: 1 } },
  links: [{ between: ['client', 'middle/eth0'], latency: 5, there: { loss: 0.02 }, back: { loss: 0.05 } }],
}

/** How many sockets have this path: the one that listens, and one of each session. */
function socketsAt(path: string): number {
  return readFileSync('/proc/net/unix', 'latin1')
    .split('\n')
    .filter((line) => line.endsWith(` ${path}`)).length
}

test.skipIf(curlPath === undefined)(
  'netx sim lets curl talk through a lossy link of a simulated network (which needs curl)',
  async () => {
    const [client, server] = ['client', 'server'].map((name) => `unix!${join(dir, name)}`)
    const exported = ['--export', `client=${client ?? ''}`, '--export', `server=${server ?? ''}`]
    await using simulated = netx('sim', fileOf(three), ...exported)
    await simulated.printed(/exporting \/net of server at unix!.*\n0 sessions, 0 bytes read/)
    const tree = await dialNet(server ?? '')
    const listener = await new Net(plan9({ net: tree })).listen('tcp', ':80')
    const service = serve(
      listener,
      createServer((_req, res) => res.end(page.subarray(0, 100_000))),
    )
    const { running: imported, via } = await proxies(client ?? '')
    await using _ending = imported
    for (const way of via) {
      const got = await curl(...way, 'http://server.lab/')
      expect(got).toMatchObject({ code: 0, message: '' })
      expect(got.body.equals(page.subarray(0, 100_000))).toBe(true)
    }
    expect((await curl(...(via[0] ?? []), 'http://server.lab:81/')).message).toContain('(5)')
    await imported.end('SIGTERM')
    await service.close()
    await tree.close()
    // What is said last is how things stand when it is asked to end, so both sessions must be over by then.
    for (const host of ['client', 'server']) await expect.poll(() => socketsAt(join(dir, host))).toBe(1)
    expect(await simulated.end('SIGINT')).toBe(0)
    expect(simulated.text).toMatch(/0 sessions, .*, [1-9]\d+ packets seen\n$/)
  },
)

/** What netx says is wrong with a topology. */
async function wrongWith(topology: object | string): Promise<string[]> {
  const file = fileOf(topology)
  const { code, stdout, stderr } = await answered('sim', file, '--export', 'a=unix!/nowhere')
  expect([code, stdout]).toEqual([1, ''])
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(`netx: ${file}:`, ''))
}

test('netx sim tells what is wrong with a topology, with the line and the path', async () => {
  expect(await wrongWith('{\n  "hosts": {\n    "a" 1\n  }\n}')).toEqual(['3: Unexpected token Number found.'])
  expect(await wrongWith('{\n  "seed": 1,\n}')).toEqual(['3: Unexpected token RBrace found.'])
  const a = { addrs: ['10.0.0.1/24'] }
  expect(
    await wrongWith({
      hosts: { a, 'b/c': { addrs: '10.0.0.2/24', speed: 1 } },
      links: [{ between: ['a', 'b'], loss: 2, rain: 1 }, { latency: 1 }],
    }),
  ).toEqual([
    '9: /hosts/b~1c/addrs: Instance type "string" is invalid. Expected "array"',
    '10: /hosts/b~1c/speed: there is nothing of this name',
    '19: /links/0/loss: 2 is greater than 1',
    '20: /links/0/rain: there is nothing of this name',
    '22: /links/1: Instance does not have required property "between"',
  ])
  expect(await wrongWith([])).toEqual(['1: Instance type "array" is invalid. Expected "object"'])
  expect(await wrongWith({ hosts: { a, b: a } })).toEqual([
    expect.stringMatching(/^8: \/hosts\/b: 10\.0\.0\.1 of b is a's already/),
  ])
  expect(await wrongWith({ hosts: { a: { addrs: ['10.0.0.1'] } } })).toEqual([
    expect.stringMatching(/^3: \/hosts\/a: 10\.0\.0\.1 is no address with a prefix/),
  ])
  expect(await wrongWith({ hosts: { a }, links: [{ between: ['a', 'b'] }] })).toEqual([
    '10: /links/0: there is no host b in this network',
  ])
  expect(await wrongWith({ hosts: { b: a } })).toEqual(['netx: there is no host a to export'])
})

test('netx sim tells what is wrong as JSON, too', async () => {
  const file = fileOf({ seed: null })
  const { code, stderr } = await answered('sim', file, '--json', '--export', 'a=unix!/nowhere')
  expect(code).toBe(1)
  expect(objectsOf(stderr)).toEqual([
    {
      error: 'Instance type "null" is invalid. Expected "number", "string"',
      file,
      line: 2,
      path: '/seed',
    },
  ])
})

test('netx sim --schema prints the schema, which lets a topology through and no other', async () => {
  const { code, stdout } = await answered('sim', '--schema')
  expect(code).toBe(0)
  const validator = new Validator(JSON.parse(stdout) as object, '2020-12')
  expect(validator.validate(three).valid).toBe(true)
  expect(validator.validate({ ...three, hosts: 1 }).valid).toBe(false)
})

test.each([
  [['sim']],
  [['sim', 'x.json']],
  [['sim', 'x.json', '--export', 'unix!/x']],
  [['sim', 'x.json', 'y.json', '--export', 'a=unix!/x']],
])('netx shows its usage when it is called with %j', async (args) => {
  const { code, stderr } = await answered(...args)
  expect(code).toBe(2)
  expect(stderr).toContain('usage: netx sim')
})
