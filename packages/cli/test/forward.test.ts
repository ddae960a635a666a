import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen, listenPacket, type TCPConn } from '@net/core'
import { listenExport } from '@net/core/plan9'
import { defaultNet } from '@net/core'
import type { Running } from '@net/peers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answered, finish, objectsOf, start } from './finished.ts'
import { netx } from './running.ts'

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-forward-'))
})

afterAll(async () => {
  await rm(dir, { recursive: true })
})

/** An echo of streams, until it is disposed of. */
async function echo(network: 'tcp' | 'unix', address: string): Promise<{ addr: string } & AsyncDisposable> {
  const listener = await listen(network, address)
  const serving = (async () => {
    for await (const conn of listener)
      void (conn as TCPConn).readable.pipeTo((conn as TCPConn).writable).catch(() => {})
  })()
  return {
    addr: listener.addr.toString(),
    async [Symbol.asyncDispose]() {
      await listener.close()
      await serving
    },
  }
}

async function exported(): Promise<{ where: string } & AsyncDisposable> {
  const where = join(dir, 'net.sock')
  const { net } = await listenExport(defaultNet().target, `unix!${where}`)
  return { where, [Symbol.asyncDispose]: () => net.close() }
}

const at = (running: Running): Promise<string> => running.printed(/forwarding \w+ (\S+) to /)
const said = async (place: readonly string[]): Promise<string> =>
  (await finish(start('dial', '--wait', '500', ...place), 'hello')).stdout

describe.each(['here', 'through an exported /net'])('netx forward %s', (way) => {
  const through = async (): Promise<{ args: string[] } & AsyncDisposable> => {
    if (way === 'here') return { args: [], [Symbol.asyncDispose]: async () => {} }
    const net = await exported()
    return { args: ['--net', net.where], [Symbol.asyncDispose]: () => net[Symbol.asyncDispose]() }
  }

  test.each(['-L', '-R'])('%s passes TCP on, both ways and to the end', async (side) => {
    await using net = await through()
    await using server = await echo('tcp', '127.0.0.1:0')
    await using forward = netx('forward', ...net.args, side, `127.0.0.1:0:${server.addr}`)
    expect(await said(['tcp', await at(forward)])).toBe('hello')
    expect(await forward.end('SIGTERM')).toBe(0)
    expect(forward.text).toMatch(/0 connections of 1, 5 bytes sent, 5 bytes received\n/)
  })

  test('-L passes UDP on, and answers go to who asked', async () => {
    await using net = await through()
    await using server = await listenPacket('udp', '127.0.0.1:0')
    const serving = (async () => {
      for await (const [packet, from] of server) await server.send(packet, from)
    })()
    await using forward = netx('forward', ...net.args, '-L', `udp:127.0.0.1:0:${server.addr.toString()}`)
    const place = await at(forward)
    const answers = await Promise.all(
      ['one', 'two'].map((words) => finish(start('dial', '--wait', '500', 'udp', place), words)),
    )
    expect(answers.map(({ stdout }) => stdout)).toEqual(['one', 'two'])
    expect(await forward.end('SIGINT')).toBe(0)
    await server.close()
    await serving
  })
})

test('netx forward passes Unix sockets on to TCP and TCP to Unix sockets, and removes its own', async () => {
  const [path, other] = [join(dir, 'a.sock'), join(dir, 'b.sock')]
  await using server = await echo('unix', path)
  await using first = netx('forward', '-L', `127.0.0.1:0:${path}`)
  await using second = netx('forward', '-L', `${other}:${await at(first)}`)
  await at(second)
  expect(await said(['unix', other])).toBe('hello')
  expect(server.addr).toBe(path)
  expect(await second.end('SIGTERM')).toBe(0)
  expect(existsSync(other)).toBe(false)
})

test('netx forward tells with -v who connects, and why one could not be passed on, and goes on', async () => {
  const gone = await listen('tcp', '127.0.0.1:0')
  const nowhere = gone.addr.toString()
  await gone.close()
  await using forward = netx('forward', '--json', '-v', '-L', `127.0.0.1:0:${nowhere}`)
  const place = await forward.printed(/"address":"([^"]+)"/)
  expect(await said(['tcp', place])).toBe('')
  await forward.printed(/ECONNREFUSED/)
  expect(objectsOf(forward.text.trim())).toEqual(
    expect.arrayContaining([
      { event: 'forwarding', network: 'tcp', address: place, to: { network: 'tcp', address: nowhere } },
      { event: 'connected', network: 'tcp', remote: expect.any(String) as string },
    ]),
  )
  expect(await forward.end('SIGTERM')).toBe(0)
})

test.each(['80', 'host:80', 'a:b:c:d:e', 'udp:/a/b:host:80', '8080:host:no port'])(
  'netx forward does not take %s',
  async (what) => {
    expect(await answered('forward', '-L', what)).toMatchObject({ code: 2, stdout: '' })
    expect(await answered('forward')).toMatchObject({ code: 2 })
  },
)
