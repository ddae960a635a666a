import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { finish, objectsOf, start } from './finished.ts'
import { netx } from './running.ts'

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-listen-'))
})

afterAll(async () => {
  await rm(dir, { recursive: true })
})

const listeningAt = /listening on \w+ 127\.0\.0\.1:(\d+)\n/

async function connected(port: string): Promise<Socket> {
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  return socket
}

test('netx listen --echo sends back what one connection brings', async () => {
  await using listening = netx('listen', '--echo', '127.0.0.1', '0')
  const socket = await connected(await listening.printed(listeningAt))
  socket.end('there and back')
  expect(await text(socket)).toBe('there and back')
  await listening.closed
  expect(listening.child.exitCode).toBe(0)
})

test('netx listen --keep --echo serves connections side by side, and -v tells of them', async () => {
  await using listening = netx('listen', '-v', '--keep', '--echo', '127.0.0.1', '0')
  const port = await listening.printed(listeningAt)
  const sockets = [await connected(port), await connected(port)]
  for (const [i, socket] of [...sockets.entries()].reverse()) {
    socket.end(`number ${i}`)
    expect(await text(socket)).toBe(`number ${i}`)
  }
  await listening.printed(
    /ended: 8 bytes sent, 8 bytes received\n[^]*ended: 8 bytes sent, 8 bytes received\n/,
  )
  expect(listening.text.match(/127\.0\.0\.1:\d+ connects\n/g)).toHaveLength(2)
  // One that resets its connection is no failure of the command, and one that stays does not hold it up.
  const breaking = await connected(port)
  breaking.resetAndDestroy()
  await listening.printed(/connection reset by peer/)
  const staying = await connected(port)
  const hungUp = once(staying.resume(), 'end')
  expect(await listening.end('SIGTERM')).toBe(0)
  await hungUp
  staying.destroy()
})

test('netx listen --keep prints what every connection brings, and leaves no socket behind', async () => {
  const path = join(dir, 'sock')
  await using listening = netx('listen', '--keep', 'unix', path)
  await listening.printed(/listening/)
  for (const words of ['one ', 'two ']) {
    const { code, stdout } = await finish(start('dial', 'unix', path), words)
    expect([code, stdout]).toEqual([0, ''])
  }
  await listening.printed(/one two /)
  expect(await listening.end('SIGINT')).toBe(0)
  expect(existsSync(path)).toBe(false)
})

test('netx listen --echo sends packets back', async () => {
  await using listening = netx('listen', '-v', '--echo', 'udp', '127.0.0.1', '0')
  const port = await listening.printed(listeningAt)
  const { stdout } = await finish(start('dial', '--wait', '300', 'udp', '127.0.0.1', port), 'packet')
  expect(stdout).toBe('packet')
  expect(listening.text).toMatch(/6 bytes from 127\.0\.0\.1:\d+\n/)
  expect(await listening.end('SIGINT')).toBe(0)
})

test('netx listen and netx dial say with --json what they say', async () => {
  await using listening = netx('listen', '--json', '-v', '--echo', '127.0.0.1', '0')
  const port = await listening.printed(/"address":"127\.0\.0\.1:(\d+)"\}\n/)
  const { stdout, stderr } = await finish(start('dial', '--json', '-v', 'tcp', `127.0.0.1:${port}`), 'hello')
  expect(stdout).toBe('hello')
  const said = objectsOf(stderr)
  const remote = `127.0.0.1:${port}`
  expect(said).toEqual([
    { event: 'connected', network: 'tcp', local: expect.any(String) as string, remote },
    { event: 'ended', sent: 5, received: 5 },
  ])
  await listening.closed
  const { local } = said[0] as { local: string }
  expect(objectsOf(listening.text)).toEqual([
    { event: 'listening', network: 'tcp', address: remote },
    { event: 'connected', network: 'tcp', remote: local },
    { event: 'ended', remote: local, sent: 5, received: 5 },
  ])
})
