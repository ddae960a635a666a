import type { Socket } from 'node:net'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { redisPath, startRedis, type ServerProcess } from '@net/peers'
import { AbstractConnector, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet } from '../../src/index.ts'
import { connect } from '../../src/node/index.ts'
import { stacks, type Stack } from '../stacks.ts'

const missing = redisPath === null

let server: ServerProcess
let balanced: () => Promise<void>
beforeAll(async () => {
  if (redisPath !== null) server = await startRedis(redisPath)
  await (await defaultNet().listen('tcp', '127.0.0.1:0')).close()
  balanced = ledger(keepLeaks())
})
afterAll(async () => {
  await balanced()
  if (!missing) await server[Symbol.asyncDispose]()
})

describe.skipIf(missing).each(stacks)('over %s (needs redis-server)', (_name, open) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await open()
  })
  afterAll(() => stack.close())

  /** A client over the stack: what ioredis has for a transport of one's own. */
  function client(): Redis {
    const open = () => connect(stack.net, server.port, '127.0.0.1')
    class Connector extends AbstractConnector {
      constructor() {
        super(2000)
      }

      override connect(): Promise<Socket> {
        this.connecting = true
        const stream: unknown = open()
        this.stream = stream as Socket
        return Promise.resolve(stream as Socket)
      }
    }
    return new Redis({ Connector, retryStrategy: () => 1 })
  }

  test('ioredis connects again when the server has closed its connection', async () => {
    const [redis, other] = [client(), client()]
    const heard: string[] = []
    for (const event of ['close', 'reconnecting', 'end']) redis.on(event, () => heard.push(event))
    const id = await redis.client('ID')
    const ready = new Promise<void>((resolve) => redis.once('close', () => redis.once('ready', resolve)))
    expect(await other.client('KILL', 'ID', id)).toBe(1)
    await ready
    expect(await redis.ping()).toBe('PONG')
    expect(await redis.client('ID')).not.toBe(id)
    expect(heard).toEqual(['close', 'reconnecting'])
    const ended = Promise.all([redis, other].map((r) => new Promise((resolve) => r.once('end', resolve))))
    await Promise.all([redis.quit(), other.quit()])
    await ended
  })

  test('ioredis sends and receives 2 MB, pipelined and published', async () => {
    const [redis, listener] = [client(), client()]
    const value = 'x'.repeat(2_000_000)
    const results = await redis.pipeline().set('k', value).get('k').del('k').exec()
    expect(results?.map(([e]) => e)).toEqual([null, null, null])
    expect(results?.[1]?.[1] === value).toBe(true)
    await listener.subscribe('c')
    const message = new Promise((resolve) => listener.once('message', (_channel, text) => resolve(text)))
    await redis.publish('c', 'news')
    expect(await message).toBe('news')
    const ended = Promise.all([redis, listener].map((r) => new Promise((resolve) => r.once('end', resolve))))
    await Promise.all([redis.quit(), listener.quit()])
    await ended
  })
})
