import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet } from '../../src/index.ts'
import { agent } from '../../src/node/index.ts'
import { stacks, type Stack } from '../stacks.ts'

const missing = spawnSync('go', ['version']).status !== 0

let dir: string
let port: number
let server: ChildProcess
let balanced: () => Promise<void>
beforeAll(async () => {
  if (missing) return
  dir = await mkdtemp(join(tmpdir(), 'net-go-'))
  const env = { ...process.env, CGO_ENABLED: '0', GOCACHE: join(dir, 'cache'), GO111MODULE: 'off' }
  const [program, source] = [join(dir, 'idle'), fileURLToPath(new URL('../peers/idle.go', import.meta.url))]
  execFileSync('go', ['build', '-o', program, source], { env })
  server = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = server.stdout === null ? [] : ((await once(server.stdout, 'data')) as [Buffer])
  port = Number(String(line))
  await (await defaultNet().listen('tcp', '127.0.0.1:0')).close()
  balanced = ledger(keepLeaks())
}, 120_000)
afterAll(async () => {
  if (missing) return
  await balanced()
  const gone = once(server, 'exit')
  server.stdin?.end()
  await gone
  await rm(dir, { recursive: true })
})

describe.skipIf(missing).each(stacks)("agent() over %s and Go's net/http (needs go)", (_name, open) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await open()
  })
  afterAll(() => stack.close())

  test('asks by a kept connection, and by a new one when the server has closed it', async () => {
    const keeping = agent(stack.net, { keepAlive: true })
    const clients: string[] = []
    const ask = async (): Promise<Socket> => {
      const req = get({ host: '127.0.0.1', port, agent: keeping })
      const free = once(keeping, 'free') as Promise<[Socket]>
      const [res] = (await once(req, 'response')) as [IncomingMessage]
      clients.push(await text(res))
      return (await free)[0]
    }
    for (let i = 0; i < 3; i++) {
      const kept = await ask()
      if (!kept.closed) await once(kept, 'close')
    }
    expect(new Set(clients).size).toBe(3)
    expect(Object.keys(keeping.freeSockets)).toEqual([])
  })
})
