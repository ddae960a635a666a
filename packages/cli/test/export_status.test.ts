import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultNet, listen, Net } from '@net/core'
import { dialNet, listenExport, plan9 } from '@net/core/plan9'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answered, objectsOf } from './finished.ts'

let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'netx-status-'))
})

afterAll(async () => {
  await rm(dir, { recursive: true })
})

test('netx status tells the user who runs an export of sessions, conversations and bytes, by peer', async () => {
  const where = join(dir, 'net.sock')
  const { net } = await listenExport(defaultNet().target, `unix!${where}`)
  await using tree = await dialNet(`unix!${where}`)
  await using server = await listen('tcp', '127.0.0.1:0')
  const over = new Net(plan9({ net: tree }))
  const [near, far] = await Promise.all([over.dial('tcp', server.addr.toString()), server.accept()])
  await near.write(new Uint8Array(100))
  for (let got = 0; got < 100;) got += (await far.read(new Uint8Array(100))) ?? 100
  const peer = `user ${process.getuid?.() ?? NaN}`
  const counts = { sessions: 2, conversations: 1, bytesRead: 0, bytesWritten: 100 }
  const { code, stdout, stderr } = await answered('status', '--json', where)
  expect([code, stderr]).toEqual([0, ''])
  expect(objectsOf(stdout)).toEqual([
    { peer, ...counts },
    { peer: null, ...counts, totalSessions: 2, totalConversations: 1, refused: 0, denied: 0 },
  ])
  const told = await answered('status', where)
  expect(told.stdout).toBe(
    `${peer}: 2 sessions, 1 conversation, 0 bytes read, 100 bytes written\n` +
      'all: 2 sessions, 1 conversation, 0 bytes read, 100 bytes written, 0 refused, 0 denied\n',
  )
  await Promise.all([near.close(), far.close()])
  await net.close()
})

test('netx status tells others of themselves alone', async () => {
  const { net, listener } = await listenExport(defaultNet().target, 'tcp!127.0.0.1!0')
  const { port } = listener.addr as unknown as { port: number }
  const { code, stdout } = await answered('status', 'tcp', '127.0.0.1', String(port))
  expect(code).toBe(0)
  expect(stdout).toBe(
    'address 127.0.0.1: 1 session, 0 conversations, 0 bytes read, 0 bytes written\n' +
      'all: 1 session, 0 conversations, 0 bytes read, 0 bytes written\n',
  )
  await net.close()
})
