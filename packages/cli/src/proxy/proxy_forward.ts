import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Conn } from '@net/core'
import { toDuplex } from '@net/core/node'
import { textOf } from '../session/printable.ts'
import type { Proxy } from './proxy.ts'
import { forwarded, framingOf, headOf, type Field } from './proxy_headers.ts'
import { hopsLeft, Refusal, requestOf, statusOf, traceOf } from './proxy_request.ts'

/** What {@link forward} knows of a client's request. */
export interface Early {
  /** All that has been read of the client, the whole head at least. */
  readonly bytes: Uint8Array
  /** Bytes that a head may have. */
  readonly longest: number
  /** Whether the server may change to another protocol, which makes a tunnel. */
  readonly upgradable: boolean
}

/**
 * Passes one request of a client on to the server of its `http://` target, and the answer back, with Node's
 * own server and client of HTTP. Resolves when the client's connection is closed.
 */
export async function forward(client: Conn, proxy: Proxy, early: Early): Promise<void> {
  const server = createServer({ maxHeaderSize: early.longest })
  server.maxRequestsPerSocket = 1
  const serve = (req: IncomingMessage, res: ServerResponse): void => void pass(req, res, proxy)
  server.on('request', serve)
  // Without this, Node would tell the client to go on, which is for the target's server to say.
  server.on('checkContinue', serve)
  if (early.upgradable) {
    server.on('upgrade', (req: IncomingMessage, stream: Duplex, first: Buffer) => {
      stream.unshift(first)
      void passUpgrade(req, stream, proxy)
    })
  }
  const stream = toDuplex(client, { allowHalfOpen: true })
  const stopping = { ended: () => void stream.destroy() }
  proxy.ending.add(stopping)
  try {
    await new Promise<void>((resolve) => {
      stream.once('close', resolve)
      stream.on('error', () => {}) // 'close' follows
      stream.unshift(early.bytes)
      server.emit('connection', stream)
    })
  } finally {
    proxy.ending.delete(stopping)
  }
}

/** Passes a request on, and its answer back. Never rejects. */
async function pass(req: IncomingMessage, res: ServerResponse, proxy: Proxy): Promise<void> {
  const { traffic } = proxy
  res.shouldKeepAlive = false
  try {
    const framing = framingOf(req)
    if (framing === 'unknown') throw new Refusal(501, 'the body has a coding that is not known here')
    if (hopsLeft(req) === 0) {
      answerHere(req, res)
      return
    }
    const out = requestOf(req, proxy)
    res.once('close', () => out.destroy())
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      out.once('response', resolve)
      out.once('upgrade', (_answer, stream) => {
        stream.destroy()
        reject(new Refusal(502, 'the server changes to a protocol that it was not asked for'))
      })
      out.on('error', reject)
    })
    // A Content-Length is among the fields that are passed on already.
    if (framing === 'chunked') out.setHeader('Transfer-Encoding', 'chunked')
    if (framing !== 'none') out.flushHeaders()
    req.on('data', (chunk: Buffer) => (traffic.sent += chunk.byteLength))
    pipeline(req, out).catch(() => {}) // the answer tells how the request went
    const answer = await answered
    answer.on('data', (chunk: Buffer) => (traffic.received += chunk.byteLength))
    for (const [name, value] of forwarded(answer)) res.appendHeader(name, value)
    res.writeHead(answer.statusCode ?? 502, answer.statusMessage)
    await pipeline(answer, res)
  } catch (e) {
    if (res.headersSent) res.destroy()
    else answerWith(res, statusOf(e), 'text/plain', Buffer.from(`${textOf(e)}\n`))
  }
}

/** Answers the request whose Max-Forwards ends here, as its last recipient. */
function answerHere(req: IncomingMessage, res: ServerResponse): void {
  if (req.method === 'TRACE') answerWith(res, 200, 'message/http', traceOf(req))
  else res.writeHead(200, { 'Content-Length': 0 }).end()
}

function answerWith(res: ServerResponse, status: number, type: string, body: Buffer): void {
  res.writeHead(status, { 'Content-Type': type, 'Content-Length': body.byteLength }).end(body)
}

/**
 * Passes on a request that asks for another protocol. When the server changes to it, what follows goes both
 * ways until both have ended; when it does not, its answer goes back and lasts until the connection ends.
 * Never rejects.
 */
async function passUpgrade(req: IncomingMessage, client: Duplex, proxy: Proxy): Promise<void> {
  const { traffic } = proxy
  const received = (chunk: Buffer): void => void (traffic.received += chunk.byteLength)
  let answered = false
  try {
    const out = requestOf(req, proxy)
    out.setHeader('Connection', 'upgrade')
    out.setHeader('Upgrade', req.headers.upgrade ?? '')
    client.once('close', () => out.destroy())
    const [answer, server] = await new Promise<[IncomingMessage, Duplex | null]>((resolve, reject) => {
      out.once('response', (response) => resolve([response, null]))
      out.once('upgrade', (response, stream, first) => {
        stream.unshift(first)
        resolve([response, stream])
      })
      out.on('error', reject)
      out.end()
    })
    answered = true
    const changed: Field[] = [
      ['Connection', 'upgrade'],
      ['Upgrade', answer.headers.upgrade ?? ''],
    ]
    const next: Field[] = server === null ? [['Connection', 'close']] : changed
    const line = `HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}`
    client.write(headOf(line, [...forwarded(answer), ...next]))
    if (server === null) {
      await pipeline(answer.on('data', received), client)
      return
    }
    client.on('data', (chunk: Buffer) => (traffic.sent += chunk.byteLength))
    await Promise.all([pipeline(client, server), pipeline(server.on('data', received), client)])
  } catch (e) {
    if (answered) client.destroy()
    else client.end(headOf(`HTTP/1.1 ${statusOf(e)} `, [['Connection', 'close']]))
  }
}
