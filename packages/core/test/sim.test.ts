import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { TCPConn } from '@net/contract'
import { SimNetwork, type Weather } from '@net/sim'
import { describe, expect, test } from 'vitest'
import { Net } from '../src/index.ts'
import { agent, serve } from '../src/node/index.ts'

/** A client, a server of two families and a server of names, linked with a switch. */
function network(weather: Weather): { sim: SimNetwork; client: Net; server: Net } {
  const sim = new SimNetwork({ seed: 1 })
  const zone = { server: { A: ['10.0.0.2'], AAAA: ['fd00::2'] } }
  const dns = sim.dns('dns', { addrs: ['10.0.0.53/24'], zone, origin: 'test' })
  const client = sim.host('client', {
    addrs: ['10.0.0.1/24', 'fd00::1/64'],
    resolvConf: 'nameserver 10.0.0.53\nsearch test\noptions attempts:9 timeout:1\n',
  })
  const server = sim.host('server', { addrs: ['10.0.0.2/24', 'fd00::2/64'] })
  sim.switch('lan', [dns.host, client, server], weather)
  return { sim, client: new Net(client.target), server: new Net(server.target) }
}

async function readFull(c: TCPConn, length: number): Promise<Uint8Array> {
  const p = new Uint8Array(length)
  for (let at = 0; at < length;) {
    const n = await c.read(p.subarray(at))
    if (n === null) throw new Error(`the stream ended after ${at} bytes`)
    at += n
  }
  return p
}

describe.each([0, 0.01, 0.05, 0.2])('with loss of %d', (loss) => {
  describe.each([0, 50, 300])('and %d ms', (latency) => {
    test.each([0, 0.05])('and reordering of %d, a name is dialled and bytes come back', async (reorder) => {
      const { sim, client, server } = network({ loss, latency: latency / 2, reorder })
      await sim.run(async () => {
        const listener = await server.listen('tcp', ':80')
        void (async () => {
          for await (const c of listener) void c.readable.pipeTo(c.writable).catch(() => {})
        })()
        const conn = await client.dial('tcp', 'server:80')
        const sent = Uint8Array.from({ length: 30_000 }, (_, i) => i)
        const [got] = await Promise.all([readFull(conn, sent.byteLength), conn.write(sent)])
        expect(got).toEqual(sent)
        await Promise.all([conn.close(), listener.close()])
      })
    })
  })
})

test('of two families of which one does not answer, the other is tried after the fallback delay', async () => {
  const { sim, client, server } = network({ latency: 5 })
  sim.rule(({ dst }) => (dst === '10.0.0.2' ? 'drop' : 'pass'))
  await sim.run(async () => {
    const listener = await server.listen('tcp', ':80')
    const began = performance.now()
    const conn = await client.dial('tcp', 'server:80', { fallbackDelay: 250 })
    expect(conn.remoteAddr.toString()).toBe('[fd00::2]:80')
    expect(performance.now() - began).toBe(20 + 250 + 20)
    await Promise.all([conn.close(), listener.close()])
  })
})

test('a timeout of a dial passes at its moment', async () => {
  const { sim, client, server } = network({ latency: 5 })
  await sim.run(async () => {
    const listener = await server.listen('tcp', '10.0.0.2:80')
    sim.partition('client', 'server')
    const error = await client.dial('tcp', '10.0.0.2:80', { timeout: 12_345 }).catch((e: unknown) => e)
    expect(String(error)).toContain('i/o timeout')
    expect(performance.now()).toBe(12_345)
    await listener.close()
  })
})

test('Node’s http server and client talk over it, through loss', async () => {
  const { sim, client, server } = network({ latency: 20, loss: 0.05 })
  await sim.run(async () => {
    const http = createServer((req, res) => {
      res.end(`you asked for ${req.url ?? ''}`)
    })
    const service = serve(await server.listen('tcp', ':80'), http)
    const through = agent(client, { keepAlive: false })
    for (let i = 0; i < 10; i++) {
      const request = get({ host: 'server', path: `/${i}`, agent: through })
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      expect(await text(response)).toBe(`you asked for /${i}`)
    }
    through.destroy()
    await service.close()
  })
  expect(sim.trace.toString()).toContain('(loss)')
})
