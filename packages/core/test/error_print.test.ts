import { getSystemErrorName, inspect } from 'node:util'
import { OpError } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet, parseIP, TCPAddr, UnixAddr } from '../src/index.ts'
import { toDuplex } from '../src/node/index.ts'
import { stacks, type Stack } from './stacks.ts'

let balanced: () => Promise<void>
beforeAll(async () => {
  await (await defaultNet().listen('tcp', '127.0.0.1:0')).close()
  balanced = ledger(keepLeaks())
})
afterAll(() => balanced())

/** The error of a call that a function of this file waits for. */
async function errorOf(call: () => Promise<unknown>): Promise<OpError> {
  const inner = async function waiting(): Promise<never> {
    await call()
    throw new Error('nothing has failed')
  }
  try {
    return await inner()
  } catch (e) {
    if (e instanceof OpError) return e
    throw e
  }
}

describe.each(stacks)('over %s', (_name, open) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await open()
  })
  afterAll(() => stack.close())

  test('the reason of a signal that ends a dial keeps its own stack', async () => {
    await using listener = await stack.net.listen('tcp4', '127.0.0.1:0')
    const reason = new Error('enough')
    const { stack: own } = reason
    const controller = new AbortController()
    const dialled = stack.net.dial('tcp4', listener.addr.toString(), { signal: controller.signal })
    controller.abort(reason)
    // The kernel may have connected by then.
    const outcome: unknown = await dialled.then(
      (conn) => conn.close(),
      (e: unknown) => e,
    )
    expect([undefined, reason]).toContain(outcome)
    expect(reason.stack).toBe(own)
  })

  test.each(['127.0.0.1', 'localhost'])(
    'a dial of %s that is refused has what an error of Node has',
    async (host) => {
      const listener = await defaultNet().listen('tcp', '127.0.0.1:0')
      await listener.close()
      const { port } = listener.addr
      const e = await errorOf(() => stack.net.dial('tcp4', `${host}:${port}`))
      expect(e).toMatchObject({ code: 'ECONNREFUSED', address: '127.0.0.1', port })
      expect(getSystemErrorName(e.errno ?? 0)).toBe('ECONNREFUSED')
      expect(e.errno).toBeLessThan(0)
      expect(e.stack).toMatch(/^OpError: dial tcp4 [\d.:]+:( connect:)? connection refused\n/)
      expect(e.stack).toContain('at waiting (')
      // What Node prints of one that nobody catches, but for the stack.
      const printed = inspect(e, { customInspect: false, depth: 5 }).replace(e.stack ?? '', '')
      expect(printed.split('\n').length).toBeLessThanOrEqual(8)
      expect(printed).toMatch(/\{\n {2}code: 'ECONNREFUSED',\n {2}errno: -\d+,/)
      expect(printed).not.toContain('    at ')
    },
  )

  test('reads, writes and accepts tell who has waited for them', async () => {
    const listener = await stack.net.listen('tcp', '127.0.0.1:0')
    const conn = await stack.net.dial('tcp', listener.addr.toString())
    const peer = await listener.accept()
    listener.setTimeout(1)
    conn.setReadTimeout(1)
    for (const call of [() => listener.accept(), () => conn.read(new Uint8Array(1))]) {
      const e = await errorOf(call)
      expect(e.timeout).toBe(true)
      expect(e.stack).toContain('at waiting (')
    }
    const reading = errorOf(() => peer.read(new Uint8Array(1)))
    await peer.close()
    expect((await reading).stack).toContain('at waiting (')
    expect((await errorOf(() => peer.write(new Uint8Array(1)))).stack).toContain('at waiting (')
    await Promise.all([conn.close(), listener.close()])
  })

  test('console.log() of a connection and a listener shows addresses', async () => {
    const listener = await stack.net.listen('tcp', '127.0.0.1:0')
    const conn = await stack.net.dial('tcp', listener.addr.toString())
    const peer = await listener.accept()
    const [local, remote] = [String(conn.localAddr), String(conn.remoteAddr)]
    expect(inspect(listener)).toMatch(new RegExp(`^\\w+TCPListener\\(${remote}\\)$`))
    expect(inspect(conn)).toMatch(new RegExp(`^\\w+TCPConn\\(${local}->${remote}\\)$`))
    const stream = toDuplex(conn)
    expect(inspect(stream)).toBe(`ConnDuplex(open ${local}->${remote})`)
    const closed = new Promise((resolve) => stream.once('close', resolve))
    stream.destroy()
    await Promise.all([closed, peer.close(), listener.close()])
    const packets = await stack.net.listenPacket('udp', '127.0.0.1:0')
    expect(inspect(packets)).toMatch(/^\w+UDPConn\(127\.0\.0\.1:\d+\)$/)
    await packets.close()
  })
})

test('console.log() of an address shows its text', () => {
  expect(inspect(new TCPAddr(parseIP('127.0.0.1'), 80))).toBe('TCPAddr(127.0.0.1:80)')
  expect(inspect({ addr: new UnixAddr('/run/app', 'unix') })).toBe('{ addr: UnixAddr(/run/app) }')
})
