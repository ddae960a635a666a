import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request, type IncomingMessage } from 'node:http'
import { createServer as createHTTPSServer, get as getHTTPS } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { openssl, postgresPath, selfSigned, startPostgres } from '@net/peers'
import type { Weather } from '@net/sim'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { defaultNet, type Conn } from '../../src/index.ts'
import { agent, connect, dialTLS, listenTLS, secureAgent, serve } from '../../src/node/index.ts'
import { lab } from './weather.ts'

const storm: Weather = { latency: 10, loss: 0.05, reorder: 0.05 }

function certificate(): { cert: string; key: string } {
  const dir = mkdtempSync(join(tmpdir(), 'net-sim-'))
  try {
    return selfSigned(dir, ['DNS:server'])
  } finally {
    rmSync(dir, { recursive: true })
  }
}

describe('in virtual time, through loss,', () => {
  test('Node’s http server and client talk', async () => {
    const { sim, client, server } = lab(storm)
    await sim.run(async () => {
      const http = createServer((req, res) => req.pipe(res))
      const service = serve(await server.listen('tcp', ':80'), http)
      const through = agent(client, { keepAlive: true, maxSockets: 1 })
      for (const size of [0, 10, 100_000]) {
        const asked = request({ host: 'server', method: 'POST', agent: through }).end('x'.repeat(size))
        const [response] = (await once(asked, 'response')) as [IncomingMessage]
        expect(await text(response)).toBe('x'.repeat(size))
      }
      through.destroy()
      await service.close()
    })
    expect(sim.trace.toString()).toContain('(loss)')
  })

  test.skipIf(openssl === null)('https and TLS are spoken (needs openssl)', async () => {
    const { cert, key } = certificate()
    const { sim, client, server } = lab(storm)
    await sim.run(async () => {
      const https = createHTTPSServer({ cert, key }, (_req, res) => res.end('secret'.repeat(10_000)))
      const service = serve(await server.listen('tcp', ':443'), https)
      const through = secureAgent(client, { ca: cert, maxSockets: 1 })
      const asked = getHTTPS({ host: 'server', agent: through })
      const [response] = (await once(asked, 'response')) as [IncomingMessage]
      expect(await text(response)).toBe('secret'.repeat(10_000))
      through.destroy()
      await service.close()

      const listener = await listenTLS(server, 'tcp', ':853', { cert, key })
      const [near, far] = await Promise.all([
        dialTLS(client, 'tcp', 'server:853', { ca: cert }),
        listener.accept(),
      ])
      expect(near.connectionState.verified).toBe(true)
      await near.write(Buffer.from('secret'))
      const p = new Uint8Array(16)
      expect(await far.read(p)).toBe(6)
      await near.close()
      expect(await far.read(p)).toBeNull()
      await Promise.all([far.close(), listener.close()])
    })
    expect(sim.trace.toString()).toContain('(loss)')
  })

  test('WebSockets of ws talk', async () => {
    const { sim, client, server } = lab(storm)
    await sim.run(async () => {
      const http = createServer()
      const sockets = new WebSocketServer({ server: http })
      sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
      const service = serve(await server.listen('tcp', ':80'), http)
      const socket = new WebSocket('ws://server/', {
        createConnection: () => connect(client, 80, 'server'),
        perMessageDeflate: false, // zlib works on threads, which follow no seed
      })
      await once(socket, 'open')
      for (const size of [1, 1000, 100_000]) {
        const answered = once(socket, 'message')
        socket.send(Buffer.alloc(size, size))
        expect(((await answered) as [Buffer])[0]).toEqual(Buffer.alloc(size, size))
      }
      const closed = once(socket, 'close')
      socket.close(1000)
      expect((await closed)[0]).toBe(1000)
      sockets.close()
      await service.close()
    })
    expect(sim.trace.toString()).toContain('(loss)')
  })
})

test.skipIf(postgresPath === null)(
  'pg asks a PostgreSQL behind a simulated host, through loss and in real time (needs postgresql)',
  async () => {
    await using postgres = await startPostgres(postgresPath ?? '')
    const { sim, client, server } = lab(storm, false, { clock: 'real' })
    const listener = await server.listen('tcp', ':5432')
    const hand = async (from: Conn, to: Conn): Promise<void> => {
      const p = new Uint8Array(65_536)
      for (let n = await from.read(p); n !== null; n = await from.read(p)) await to.write(p.subarray(0, n))
    }
    // The simulated host hands all on to the real server, and back, until one of them has ended.
    const handBoth = async (near: Conn, far: Conn): Promise<void> => {
      await Promise.race([hand(near, far), hand(far, near)])
      await Promise.all([near.close(), far.close()])
    }
    const handing: Promise<unknown>[] = []
    const accepting = (async () => {
      for await (const near of listener) {
        const far = await defaultNet().dial('tcp', `127.0.0.1:${postgres.port}`)
        handing.push(handBoth(near, far))
      }
    })()
    const closed: Promise<unknown>[] = []
    const pool = new pg.Pool({
      host: 'server',
      user: 'postgres',
      database: 'postgres',
      max: 3,
      stream() {
        const stream = connect(client)
        closed.push(once(stream, 'close'))
        return stream
      },
    })
    const results = await Promise.all(
      Array.from({ length: 9 }, (_, i) => pool.query<{ n: number }>('select $1::int as n', [i])),
    )
    expect(results.map(({ rows: [row] }) => row?.n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    const { rows } = await pool.query<{ text: string }>("select repeat('x', 100000) as text")
    expect(rows[0]?.text).toBe('x'.repeat(100_000))
    await pool.end()
    await Promise.all(closed)
    await listener.close()
    await accepting
    await Promise.all(handing)
    expect(sim.trace.toString()).toContain('tcp 10.0.0.1')
    sim.close()
  },
)
