import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { splitHostPort } from '@net/core'
import { agent } from '@net/core/node'
import { failureOf, NoPlace, type Failure, type Proxy } from './proxy.ts'
import { fieldsOf, forwarded, headOf } from './proxy_headers.ts'

/** Why a request is answered by the proxy itself: a status of HTTP. */
export class Refusal extends Error {
  readonly status: number

  /** Refuses with this status. */
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const statuses: Readonly<Record<Failure, number>> = {
  other: 502,
  denied: 403,
  network: 502,
  host: 502,
  timeout: 504,
  refused: 502,
}

/** The status that tells a client what went wrong. */
export function statusOf(e: unknown): number {
  if (e instanceof Refusal) return e.status
  return e instanceof NoPlace ? 400 : statuses[failureOf(e)]
}

// The groups are authority, path and query. An authority with user and password does not match: RFC 9110,
// section 4.2.4, has it treated as an error.
const TARGET = /^http:\/\/((?:\[[^\]/?#@]*\]|[^:/?#@[\]]+)(?::\d*)?)(\/[^?#]*)?(\?[^#]*)?$/i

/**
 * Begins the request to the server of a target, `http://...`, which is the client's without what was between
 * the client and the proxy. What it sends before its body is complete but for the framing. Throws a {@link
 * Refusal}. Errors of dialling are its 'error'.
 */
export function requestOf(req: IncomingMessage, proxy: Proxy): ClientRequest {
  const [, authority, path, query = ''] = TARGET.exec(req.url ?? '') ?? []
  if (authority === undefined) throw new Refusal(400, 'the target is no http:// URL of a host')
  const { host, port } = splitHostPort(/:\d*$/.test(authority) ? authority : `${authority}:`)
  const method = req.method ?? 'GET'
  // RFC 9112, section 3.2.4: the request asks about the server as a whole.
  const whole = method === 'OPTIONS' && path === undefined && query === ''
  const over = agent({
    dial: (_network, address) => {
      const to = splitHostPort(address)
      return proxy.dial(to.host, Number(to.port))
    },
  })
  const out = request({
    agent: over,
    host,
    port: port === '' ? 80 : Number(port),
    method,
    path: whole ? '*' : `${path ?? '/'}${query}`,
    setHost: false,
  })
  out.once('close', () => over.destroy())
  // RFC 9112, section 3.2.2: the target's host takes the place of what the client said.
  out.setHeader('Host', authority)
  const hops = hopsLeft(req)
  for (const [name, value] of forwarded(req)) {
    const key = name.toLowerCase()
    if (key === 'max-forwards' && hops !== null) out.setHeader(name, String(hops - 1))
    else if (key !== 'host') out.appendHeader(name, value)
  }
  // A client of HTTP/1.0 does not understand interim answers.
  if (req.httpVersion === '1.1') {
    out.on('information', (answer) => {
      const line = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`
      req.socket.write(headOf(line, forwarded(answer)))
    })
  }
  return out
}

/**
 * How many more proxies a TRACE or OPTIONS may pass, this one included (RFC 9110, section 7.6.2); null for
 * what has no such limit. Throws a {@link Refusal} for what is no number.
 */
export function hopsLeft(req: IncomingMessage): number | null {
  if (req.method !== 'TRACE' && req.method !== 'OPTIONS') return null
  const given = req.headers['max-forwards']?.toString()
  if (given === undefined) return null
  if (!/^\d{1,9}$/.test(given)) throw new Refusal(400, 'Max-Forwards is not a number')
  return Number(given)
}

const SECRET = new Set(['authorization', 'proxy-authorization', 'cookie'])

/**
 * The request as it came, for the one who traces it, without what should not be repeated (RFC 9110, section
 * 9.3.8).
 */
export function traceOf(req: IncomingMessage): Buffer {
  const fields = fieldsOf(req.rawHeaders).filter(([name]) => !SECRET.has(name.toLowerCase()))
  return headOf(`TRACE ${req.url ?? ''} HTTP/${req.httpVersion}`, fields)
}
