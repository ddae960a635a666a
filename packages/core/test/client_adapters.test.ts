import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, get, type IncomingMessage } from 'node:http'
import { createServer as createHTTPSServer } from 'node:https'
import { createServer as createNetServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { DNSError, ErrDeadlineExceeded, IPAddr, isErr, OpError, parseIP, splitHostPort } from '@net/core'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { openssl, selfSigned } from '@net/peers'
import { Agent, fetch, request } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultNet } from '../src/index.ts'
import { dialTLS, dispatcher, listenTLS, lookup } from '../src/node/index.ts'
import { stacks, type Stack } from './stacks.ts'

const noCertificate = openssl === null ? 'needs openssl to make a certificate' : ''
let dir: string
let certificate: { cert: string; key: string }
let balanced: () => Promise<void>

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'net-adapters-'))
  if (noCertificate === '') certificate = selfSigned(dir, ['IP:127.0.0.1', 'DNS:localhost'])
  await (await defaultNet().listen('tcp', '127.0.0.1:0')).close()
  balanced = ledger(keepLeaks())
})

afterAll(async () => {
  await balanced()
  await rm(dir, { recursive: true })
})

/** A server on 127.0.0.1 until it is disposed of. */
async function running(server: Server): Promise<AsyncDisposable & { readonly port: number }> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

describe.each(stacks)('over %s', (_name, open) => {
  let stack: Stack
  beforeAll(async () => {
    stack = await open()
  })
  afterAll(() => stack.close())

  test('dispatcher() takes requests and fetch of undici, and keeps connections', async () => {
    let connections = 0
    const server = createServer((req, res) => req.pipe(res)).on('connection', () => connections++)
    await using http = await running(server)
    const over = dispatcher(stack.net, Agent, { connections: 1 })
    for (const body of ['one', 'two'.repeat(100_000)]) {
      const { body: answer } = await request(`http://127.0.0.1:${http.port}/`, {
        method: 'POST',
        body,
        dispatcher: over,
      })
      expect(await answer.text()).toBe(body)
    }
    const answer = await fetch(`http://127.0.0.1:${http.port}/`, {
      method: 'POST',
      body: 'three',
      dispatcher: over,
    })
    expect(await answer.text()).toBe('three')
    expect(connections).toBe(1)
    await over.close()
  })

  test('dispatcher() tells why there is no connection', async () => {
    const over = dispatcher(stack.net, Agent)
    await expect(request('http://127.0.0.1:1/', { dispatcher: over })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      port: 1,
    })
    await over.close()
    const silent = createNetServer((socket) => socket.resume().on('error', () => {}))
    await using server = await running(silent)
    const hasty = dispatcher(stack.net, Agent, { connectTimeout: 50 })
    await expect(request(`https://127.0.0.1:${server.port}/`, { dispatcher: hasty })).rejects.toMatchObject({
      code: 'UND_ERR_CONNECT_TIMEOUT',
      message: `dial tcp 127.0.0.1:${server.port}: i/o timeout`,
    })
    await hasty.close()
  })

  test.skipIf(noCertificate !== '')(`dispatcher() speaks https ${noCertificate}`, async () => {
    const options = { ...certificate }
    await using https = await running(createHTTPSServer(options, (_, res) => res.end('secret')))
    const url = `https://localhost:${https.port}/`
    const over = dispatcher(stack.net, Agent, { secure: { ca: certificate.cert } })
    expect(await (await fetch(url, { dispatcher: over })).text()).toBe('secret')
    await over.close()
    const doubting = dispatcher(stack.net, Agent)
    await expect(request(url, { dispatcher: doubting })).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
    await doubting.close()
  })

  test.skipIf(noCertificate !== '')(
    `dialTLS() and listenTLS() know the host of the address ${noCertificate}`,
    async () => {
      const listener = await listenTLS(stack.net, 'tcp', '127.0.0.1:0', certificate)
      const [client, server] = await Promise.all([
        dialTLS(stack.net, 'tcp', listener.addr.toString(), { ca: certificate.cert }),
        listener.accept(),
      ])
      expect(client.connectionState).toMatchObject({ verified: true, protocol: 'TLSv1.3' })
      expect(await client.write(Buffer.from('secret'))).toBe(6)
      const p = new Uint8Array(16)
      expect(await server.read(p)).toBe(6)
      await client.close()
      expect(await server.read(p)).toBeNull()
      await server.close()
      const [named, asked] = await Promise.all([
        dialTLS(stack.net, 'tcp', `localhost:${splitHostPort(listener.addr.toString()).port}`, {
          ca: certificate.cert,
        }),
        listener.accept(),
      ])
      expect(asked.connectionState.serverName).toBe('localhost')
      await Promise.all([named.close(), asked.close()])
      await expect(
        dialTLS(stack.net, 'tcp', listener.addr.toString(), {
          ca: certificate.cert,
          servername: 'other.example',
        }),
      ).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
      await listener.close()
    },
  )

  test('dialTLS() gives up after its time and by a signal, and leaves nothing open', async () => {
    const ended: Promise<unknown>[] = []
    const silent = createNetServer((socket) =>
      ended.push(
        once(
          socket.resume().on('error', () => {}),
          'close',
        ),
      ),
    )
    await using server = await running(silent)
    const address = `127.0.0.1:${server.port}`
    const e: unknown = await dialTLS(stack.net, 'tcp', address, { timeout: 50 }).catch((x: unknown) => x)
    expect(e).toBeInstanceOf(OpError)
    expect(isErr(e, ErrDeadlineExceeded)).toBe(true)
    expect(String(e)).toContain(`dial tcp ${address}: i/o timeout`)
    const enough = new Error('enough')
    const controller = new AbortController()
    const dialling = dialTLS(stack.net, 'tcp', address, { signal: controller.signal })
    await once(silent, 'connection')
    controller.abort(enough)
    await expect(dialling).rejects.toBe(enough)
    await Promise.all(ended)
  })

  test('listenTLS() leaves nothing open when its options make no sense', async () => {
    await expect(listenTLS(stack.net, 'tcp', '127.0.0.1:0', { cert: 'none', key: 'none' })).rejects.toThrow()
  })

  test('lookup() is what Node takes for names', async () => {
    await using http = await running(createServer((_, res) => res.end('found')))
    const req = get({ host: 'localhost', port: http.port, family: 4, lookup: lookup(stack.net) })
    const [res] = (await once(req, 'response')) as [IncomingMessage]
    expect(await text(res)).toBe('found')
  })
})

type Answer = [code: unknown, ...found: unknown[]]

/** What a lookup calls back with; an error by its code. */
function asked(source: Parameters<typeof lookup>[0], name: string, options = {}): Promise<Answer> {
  return new Promise((resolve) => {
    lookup(source)(name, options, (e, ...found) => {
      resolve(e === null ? [null, ...found] : [e.code, e.message])
    })
  })
}

const two = {
  lookupIPAddr: () => Promise.resolve([new IPAddr(parseIP('::1')), new IPAddr(parseIP('127.0.0.1'))]),
}

test.each([
  [{}, ['::1', 6]],
  [{ family: 4 }, ['127.0.0.1', 4]],
  [{ family: 'IPv6' }, ['::1', 6]],
  [{ order: 'ipv4first' }, ['127.0.0.1', 4]],
  [{ verbatim: false }, ['127.0.0.1', 4]],
  [
    { all: true },
    [
      [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ],
    ],
  ],
  [{ all: true, family: 4 }, [[{ address: '127.0.0.1', family: 4 }]]],
])('lookup() with %o', async (options, found) => {
  expect(await asked(two, 'two.example', options)).toEqual([null, ...found])
})

test('lookup() gives addresses as they are, without asking', async () => {
  expect(await asked(two, '192.0.2.1', {})).toEqual([null, '192.0.2.1', 4])
})

test.each([
  [new DNSError('no such host', 'x', { isNotFound: true }), 'ENOTFOUND'],
  [new DNSError('server misbehaving', 'x', { isTemporary: true }), 'EAI_AGAIN'],
  [new DNSError('i/o timeout', 'x', { isTimeout: true }), 'EAI_AGAIN'],
  [new DNSError('invalid name', 'x'), 'EAI_FAIL'],
])('lookup() tells %s by the code of dns.lookup', async (error, code) => {
  expect(await asked({ lookupIPAddr: () => Promise.reject(error) }, 'x')).toEqual([code, error.message])
})

test('lookup() has no address of a family that a name does not have', async () => {
  const six = { lookupIPAddr: () => Promise.resolve([new IPAddr(parseIP('::1'))]) }
  expect(await asked(six, 'six.example', { family: 4 })).toEqual([
    'ENOTFOUND',
    'lookup six.example: no such host',
  ])
})
