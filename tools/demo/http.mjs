import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { agent, serve } from '@net/core/node'
import { same } from './step.mjs'

/** @typedef {import('@net/core').Net} Net */
/** @typedef {import('node:http').RequestOptions} RequestOptions */

const page = randomBytes(1 << 20)

/** A server of Node that sends the page, and back what it is sent. */
function httpServer() {
  return createServer((req, res) => {
    if (req.method === 'POST') req.pipe(res)
    else res.end(page)
  })
}

/** Node's client gets the page and posts it. @param {RequestOptions} options */
async function fetchAndPost(options) {
  let bytes = 0
  for (const method of ['GET', 'POST']) {
    const req = request({ ...options, method })
    req.end(method === 'POST' ? page : undefined)
    const [res] = await once(req, 'response')
    bytes += same(await buffer(res), page)
  }
  return bytes
}

/** Where a client finds a listener. @param {string} network @param {import('@net/core').Addr} addr */
function destination(network, addr) {
  if (network === 'unix') return { socketPath: addr.toString() }
  const { hostname, port } = /** @type {import('@net/core').TCPAddr} */ (addr)
  return { host: hostname, port }
}

/** Node's http server over our listener, for Node's client. @param {Net} net @param {string} network @param {string} address */
export async function serveNode(net, network, address) {
  const listener = await net.listen(network, address)
  const service = serve(listener, httpServer())
  // One connection for both: Node's client fails with EPIPE when it sees the server close after a long POST.
  const agentOfNode = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    return await fetchAndPost({ ...destination(network, listener.addr), agent: agentOfNode })
  } finally {
    agentOfNode.destroy()
    await service.close()
  }
}

/** The same for curl. @param {Net} net @param {string} network @param {string} address */
export async function serveCurl(net, network, address) {
  const listener = await net.listen(network, address)
  const service = serve(listener, httpServer())
  const where =
    network === 'unix'
      ? ['--unix-socket', listener.addr.toString(), 'http://localhost/']
      : [`http://${listener.addr.toString()}/`]
  try {
    const { stdout } = await promisify(execFile)(
      'curl',
      ['-sS', '--max-time', '30', '--noproxy', '*', ...where],
      {
        encoding: 'buffer',
        maxBuffer: 2 * page.byteLength,
      },
    )
    return same(stdout, page)
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ENOENT') return 'skipped: curl is not installed'
    throw e
  } finally {
    await service.close()
  }
}

/** Node's http client over our connections, to Node's own server. @param {Net} net @param {string} network @param {string} address */
export async function dialNode(net, network, address) {
  const server = httpServer()
  if (network === 'unix') server.listen(address)
  else server.listen(0, address)
  await once(server, 'listening')
  const over = agent(net, { keepAlive: true, maxSockets: 1 })
  try {
    const where = server.address()
    if (where === null) throw new Error('the server has no address')
    const to = typeof where === 'string' ? { socketPath: where } : { host: where.address, port: where.port }
    return await fetchAndPost({ ...to, agent: over })
  } finally {
    over.destroy()
    server.close()
    await once(server, 'close')
  }
}
