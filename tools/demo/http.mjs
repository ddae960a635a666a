import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { agent, serve } from '@net/core/node'
import { same } from './step.mjs'

/** @typedef {import('@net/core').Net} Net */
/** @typedef {import('./outside.mjs').Outside} Outside */
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

/** Node's http server over our listener, for Node's client. @param {Net} net @param {string} network @param {string} address @param {Outside} outside */
export async function serveNode(net, network, address, outside) {
  const listener = await net.listen(network, address)
  const service = serve(listener, httpServer())
  // One connection for both: Node's client fails with EPIPE when it sees the server close after a long POST.
  const agentOfNode = outside.agent({ keepAlive: true, maxSockets: 1 })
  try {
    return await fetchAndPost({ ...destination(network, listener.addr), agent: agentOfNode })
  } finally {
    agentOfNode.destroy()
    await service.close()
  }
}

/** The same for curl. @param {Net} net @param {string} network @param {string} address @param {Outside} outside */
export async function serveCurl(net, network, address, outside) {
  const listener = await net.listen(network, address)
  const service = serve(listener, httpServer())
  const at = listener.addr.toString()
  try {
    const isUnix = network === 'unix'
    const got = await outside.curl(
      isUnix ? 'http://localhost/' : `http://${at}/`,
      isUnix ? ['--unix-socket', at] : [],
    )
    return same(got, page)
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ENOENT') return 'skipped: curl is not installed'
    throw e
  } finally {
    await service.close()
  }
}

/** Node's http client over our connections, to Node's own server. @param {Net} net @param {string} network @param {string} address @param {Outside} outside */
export async function dialNode(net, network, address, outside) {
  const server = httpServer()
  const { to, close } = await listening(server, network, address, outside)
  const over = agent(net, { keepAlive: true, maxSockets: 1 })
  try {
    return await fetchAndPost({ ...to, agent: over })
  } finally {
    over.destroy()
    await close()
  }
}

/** Lets a server of Node listen; gives where, and what ends it. @param {import('node:http').Server} server @param {string} network @param {string} address @param {Outside} outside */
async function listening(server, network, address, outside) {
  if (network !== 'unix') {
    const { port, close } = await outside.listen(server, address)
    return { to: { host: address, port }, close }
  }
  server.listen(address)
  await once(server, 'listening')
  const close = () => {
    server.close()
    return once(server, 'close')
  }
  return { to: { socketPath: address }, close }
}
