import { timingSafeEqual } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { splitHostPort, type Conn } from '@net/core'
import { Greeting } from './greeting.ts'
import { textOf } from '../session/printable.ts'
import { NoPlace, type Login, type Proxy } from './proxy.ts'
import { forward } from './proxy_forward.ts'
import { statusOf } from './proxy_request.ts'
import { dismiss } from '../relay/relay.ts'

const LONGEST = 16384 // bytes of a request's head
const HEAD_END = '\r\n\r\n'
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/1\.[01]$/

/**
 * A proxy of HTTP: tunnels by CONNECT (RFC 9110, section 9.3.6), and other methods for `http://` targets, one
 * request a connection.
 */
export async function http(client: Conn, proxy: Proxy): Promise<void> {
  client.setDeadline(Date.now() + proxy.greetingTime)
  const greeting = new Greeting(client, LONGEST)
  const head = await greeting.peek(HEAD_END).catch(async (e: unknown) => {
    if (greeting.rest.byteLength > 0) await dismiss(client, answer(400))
    throw e
  })
  const [line = '', ...fields] = head.split('\r\n')
  const [, method, target = ''] = REQUEST_LINE.exec(line) ?? []
  if (method === undefined) return dismiss(client, answer(400))
  if (proxy.login !== undefined && !admitted(fields, proxy.login)) return dismiss(client, answer(407))
  proxy.greeted(client)
  if (method === 'CONNECT') {
    await greeting.take(head.length + HEAD_END.length)
    await connect(client, proxy, target, greeting.rest)
  } else if (/^http:\/\//i.test(target)) {
    client.setDeadline(null)
    proxy.traffic.sent += head.length + HEAD_END.length
    await forward(client, proxy, {
      bytes: greeting.rest,
      longest: LONGEST,
      upgradable: isUpgradable(method, fields),
    })
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
    return dismiss(client, e instanceof NoPlace ? answer(400) : answer(statusOf(e), textOf(e)))
  }
  try {
    client.setDeadline(null)
    await client.write(Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n'))
    if (early.byteLength > 0) await remote.write(early)
    await proxy.join(client, remote)
  } finally {
    await remote.close()
  }
}

function admitted(fields: readonly string[], { user, password }: Login): boolean {
  const wanted = Buffer.from(Buffer.from(`${user}:${password}`).toString('base64'))
  return fields.some((field) => {
    const [, given = ''] = /^proxy-authorization:\s*basic\s+(\S+)\s*$/i.exec(field) ?? []
    return given.length === wanted.byteLength && timingSafeEqual(Buffer.from(given), wanted)
  })
}

// TRACE and OPTIONS are not: the proxy may have to answer them itself. Neither are requests with a body,
// because Node does not tell where the body ends and the other protocol begins.
function isUpgradable(method: string, fields: readonly string[]): boolean {
  return (
    method !== 'TRACE' &&
    method !== 'OPTIONS' &&
    !fields.some((field) => /^(content-length|transfer-encoding)\s*:/i.test(field))
  )
}

function answer(status: number, message = STATUS_CODES[status] ?? ''): Uint8Array {
  const body = Buffer.from(`${message}\n`)
  const challenge = status === 407 ? 'Proxy-Authenticate: Basic realm="netx"\r\n' : ''
  const head =
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${challenge}` +
    `Content-Type: text/plain\r\nContent-Length: ${body.byteLength}\r\nConnection: close\r\n\r\n`
  return Buffer.concat([Buffer.from(head), body])
}
