import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { haproxyPath, startHAProxy } from '@net/peers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet } from '../src/index.ts'
import { BufReader, encodeProxyHeader, proxyHeaderOf, proxyListener } from '../src/io/index.ts'

const missing = haproxyPath === null

let balanced: () => Promise<void>
beforeAll(async () => {
  await (await defaultNet().listen('tcp', '127.0.0.1:0')).close()
  balanced = ledger(keepLeaks())
})
afterAll(() => balanced())

describe.skipIf(missing)('haproxy (needs haproxy)', () => {
  test.each(['send-proxy', 'send-proxy-v2', 'send-proxy-v2 proxy-v2-options crc32c,unique-id'])(
    'tells proxyListener() of its client by %s',
    async (how) => {
      if (haproxyPath === null) return
      const below = await defaultNet().listen('tcp', '127.0.0.1:0')
      const listener = proxyListener(below)
      const haproxy = await startHAProxy(haproxyPath, { to: `${below.addr.toString()} ${how}` })
      const client = await defaultNet().dial('tcp', `127.0.0.1:${haproxy.port}`)
      await client.write(new TextEncoder().encode('hello\n'))
      const conn = await listener.accept()
      expect(await new BufReader(conn).readLine()).toBe('hello')
      expect([conn.remoteAddr, conn.localAddr].map(String)).toEqual(
        [client.localAddr, client.remoteAddr].map(String),
      )
      const { version, tlvs } = conn.header
      expect(version).toBe(how === 'send-proxy' ? 1 : 2)
      expect(tlvs.map(({ type }) => type).sort()).toEqual(how.includes('crc32c') ? [3, 5] : [])
      await Promise.all([client.close(), conn.close()])
      await listener.close()
      await haproxy[Symbol.asyncDispose]()
    },
  )

  test.each([1, 2] as const)('takes our word for who the client is, in version %d', async (version) => {
    if (haproxyPath === null) return
    // What it passes on says, in version 1, of whom it heard.
    const below = await defaultNet().listen('tcp', '127.0.0.1:0')
    const backend = proxyListener(below)
    const to = `${below.addr.toString()} send-proxy`
    const haproxy = await startHAProxy(haproxyPath, { bind: 'accept-proxy', to })
    const front = await defaultNet().listen('tcp', '127.0.0.1:0')
    const [client, accepted] = await Promise.all([
      defaultNet().dial('tcp', front.addr.toString()),
      front.accept(),
    ])
    const conn = await defaultNet().dial('tcp', `127.0.0.1:${haproxy.port}`)
    await conn.write(encodeProxyHeader(proxyHeaderOf(accepted, version)))
    await conn.write(new TextEncoder().encode('hello\n'))
    const behind = await backend.accept()
    expect(String(behind.remoteAddr)).toBe(String(client.localAddr))
    expect(String(behind.localAddr)).toBe(String(front.addr))
    await Promise.all([client, accepted, conn, behind].map((end) => end.close()))
    await Promise.all([front.close(), backend.close()])
    await haproxy[Symbol.asyncDispose]()
  })
})
