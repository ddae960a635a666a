import { timingSafeEqual } from 'node:crypto'
import {
  createServer,
  request,
  STATUS_CODES,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { pipeline } from 'node:stream/promises'
import { splitHostPort, type Conn } from '@net/core'
import { agent, toDuplex } from '@net/core/node'
import { Greeting } from './greeting.ts'
import { failureOf, type Failure, type Login, type Proxy } from './proxy.ts'
import { dismiss } from './relay.ts'

const LONGEST = 16384 // bytes of a request's head
const HEAD_END = '\r\n\r\n'
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/1\.[01]$/

const statuses: Readonly<Record<Failure, number>> = {
  other: 502,
  denied: 403,
  network: 502,
  host: 502,
  timeout: 504,
  refused: 502,
}

// RFC 9110, section 7.6.1: these are between a client and the next hop.
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
].concat(['te', 'trailer', 'transfer-encoding', 'upgrade'])

/**
 * A proxy of HTTP: tunnels by CONNECT (RFC 9110, section 9.3.6), and other methods for `http://` targets, one request a
 * connection.
 */
export async function http(client: Conn, proxy: Proxy): Promise<void> {
  client.setDeadline(Date.now() + proxy.greetingTime)
  const greeting = new Greeting(client, LONGEST)
  const head = await greeting.peek(HEAD_END).catch(async (e: unknown) => {
    if (greeting.rest.length > 0) await dismiss(client, answer(400))
    throw e
  })
  const [line = '', ...fields] = head.split('\r\n')
  const [, method, target = ''] = REQUEST_LINE.exec(line) ?? []
  if (method === undefined) return dismiss(client, answer(400))
  if (proxy.login !== undefined && !admitted(fields, proxy.login)) return dismiss(client, answer(407))
  if (method === 'CONNECT') {
    await greeting.take(head.length + HEAD_END.length)
    await connect(client, proxy, target, greeting.rest)
  } else if (/^http:\/\//i.test(target)) {
    client.setDeadline(null)
    await forward(client, proxy, greeting.rest)
  } else {
    await dismiss(client, answer(400))
  }
}

async function connect(client: Conn, proxy: Proxy, target: string, early: Uint8Array): Promise<void> {
  let to: { host: string; port: string }
  try {
    to = splitHostPort(target)
  } catch {
    return dismiss(client, answer(400))
  }
  let remote: Conn
  try {
    remote = await proxy.dial(to.host, /^\d+$/.test(to.port) ? Number(to.port) : 0)
  } catch (e) {
    return dismiss(client, e instanceof RangeError ? answer(400) : answer(statuses[failureOf(e)], text(e)))
  }
  try {
    client.setDeadline(null)
    await client.write(Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n'))
    if (early.length > 0) await remote.write(early)
    await proxy.join(client, remote)
  } finally {
    await remote.close()
  }
}

/** Serves one request with Node's own server and client of HTTP. */
async function forward(client: Conn, proxy: Proxy, head: Uint8Array): Promise<void> {
  const server = createServer({ maxHeaderSize: LONGEST }, (req, res) => void pass(req, res, proxy))
  const stream = toDuplex(client, { allowHalfOpen: true })
  const destroy = (): void => void stream.destroy()
  proxy.signal.addEventListener('abort', destroy)
  try {
    await new Promise<void>((resolve) => {
      stream.once('close', resolve)
      stream.once('error', () => {
        // It closes then.
      })
      stream.unshift(head)
      server.emit('connection', stream)
    })
  } finally {
    proxy.signal.removeEventListener('abort', destroy)
  }
}

/** Passes a request on, and its answer back. Never rejects. */
async function pass(req: IncomingMessage, res: ServerResponse, proxy: Proxy): Promise<void> {
  const { traffic } = proxy
  res.shouldKeepAlive = false
  const over = agent(proxy.net, { dial: { timeout: proxy.dialTime, signal: proxy.signal } })
  try {
    const { hostname, port, pathname, search } = new URL(req.url ?? '')
    const out = request({
      agent: over,
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? 80 : Number(port),
      method: req.method ?? 'GET',
      path: pathname + search,
      headers: endToEnd(req.headers),
    })
    res.once('close', () => out.destroy())
    req.on('data', (chunk: Buffer) => (traffic.sent += chunk.length))
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      out.once('response', resolve)
      out.on('error', reject)
    })
    const sent = pipeline(req, out)
    sent.catch(() => {}) // the answer tells
    const back = await answered
    back.on('data', (chunk: Buffer) => (traffic.received += chunk.length))
    res.writeHead(back.statusCode ?? 502, endToEnd(back.headers))
    await pipeline(back, res)
  } catch (e) {
    if (res.headersSent) res.destroy()
    else res.writeHead(e instanceof TypeError ? 400 : statuses[failureOf(e)]).end(`${text(e)}\n`)
  } finally {
    over.destroy()
  }
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name) && !named.includes(name)),
  )
}

function admitted(fields: readonly string[], { user, password }: Login): boolean {
  const wanted = Buffer.from(Buffer.from(`${user}:${password}`).toString('base64'))
  return fields.some((field) => {
    const [, given = ''] = /^proxy-authorization:\s*basic\s+(\S+)\s*$/i.exec(field) ?? []
    return given.length === wanted.length && timingSafeEqual(Buffer.from(given), wanted)
  })
}

function text(e: unknown): string {
  return e instanceof Error ? e.message : String(e)
}

function answer(status: number, message = STATUS_CODES[status] ?? ''): Uint8Array {
  const body = Buffer.from(`${message}\n`)
  const challenge = status === 407 ? 'Proxy-Authenticate: Basic realm="netx"\r\n' : ''
  const head =
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${challenge}` +
    `Content-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
  return Buffer.concat([Buffer.from(head), body])
}
