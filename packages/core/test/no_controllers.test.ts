import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countedControllers } from '@net/contract/suite'
import { afterAll, expect, test } from 'vitest'
import { defaultNet, Net } from '../src/index.ts'
import { dialNet, embeddedNet, exportNet, plan9 } from '../src/plan9/index.ts'

// An operation that no caller's signal or deadline can end pays for neither: a controller costs more than the rest of a read of
// an embedded network. A DOMException is made by a controller that is aborted, and by nothing else.
const controllers = countedControllers()
afterAll(() => controllers[Symbol.dispose]())

const ROUNDS = 500

/** Sends so many messages to and fro over a network and gives how many controllers that made. */
async function madeByEchoes(net: Net): Promise<number> {
  await using listener = await net.listen('tcp', '127.0.0.1:0')
  const [server, client] = await Promise.all([listener.accept(), net.dial('tcp', listener.addr.toString())])
  const [p, q] = [new Uint8Array(16), new Uint8Array(16).fill(7)]
  const echo = async (): Promise<void> => {
    const reads = server.read(p) // which waits
    expect(await client.write(q)).toBe(16)
    expect(await reads).toBe(16)
    expect(p).toEqual(q)
  }
  await echo()
  controllers.made = 0
  for (let i = 0; i < ROUNDS; i++) await echo()
  const count = controllers.made
  await Promise.all([server.close(), client.close()])
  return count
}

test("500 reads and 500 writes of the kernel's sockets make no controller", async () => {
  expect(await madeByEchoes(defaultNet())).toBe(0)
})

test('500 reads and 500 writes through an embedded /net make no controller', async () => {
  await using tree = embeddedNet(defaultNet().target)
  expect(await madeByEchoes(new Net(plan9({ net: tree })))).toBe(0)
})

test('500 reads and 500 writes through a /net over 9P make no controller', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'net-controllers-'))
  try {
    const listener = await defaultNet().listen('unix', join(dir, 'net'))
    await using served = exportNet(defaultNet().target, listener)
    await using tree = await dialNet(`unix!${join(dir, 'net')}`)
    expect(await madeByEchoes(new Net(plan9({ net: tree })))).toBe(0)
    await tree.close()
    await served.close()
  } finally {
    await rm(dir, { recursive: true })
  }
})

test('a dial of a literal address makes no controller', async () => {
  const net = defaultNet()
  await using listener = await net.listen('tcp', '127.0.0.1:0')
  const address = listener.addr.toString()
  controllers.made = 0
  for (const options of [{}, { timeout: 5000 }, { deadline: Date.now() + 5000 }]) {
    const [server, client] = await Promise.all([listener.accept(), net.dial('tcp', address, options)])
    await Promise.all([server.close(), client.close()])
  }
  await expect(net.dial('tcp', '127.0.0.1:1')).rejects.toThrow('connection refused')
  expect(controllers.made).toBe(0)
})
