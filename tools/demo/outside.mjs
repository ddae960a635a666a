import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import { joinHostPort } from '@net/core'
import { agent, connect as connectOver, serve } from '@net/core/node'

/** @typedef {import('@net/core').Net} Net */
/** @typedef {import('node:net').Server} Server */

/**
 * Where the programs run that are not ours, and how they meet what a stack listens and dials on.
 * @typedef {object} Outside
 * @property {(server: Server, host: string) => Promise<{ port: number, close(): Promise<unknown> }>} listen Lets a server of Node listen.
 * @property {(port: number, host: string) => import('node:stream').Duplex} connect Gives a socket of Node.
 * @property {(options: import('node:http').AgentOptions) => Agent} agent Gives an agent for Node's http client.
 * @property {(url: string, options: string[]) => Promise<Buffer>} curl Lets curl get a page.
 * @property {boolean} datagrams Whether Node's dgram gets there.
 */

/** @param {string[]} args */
async function runCurl(args) {
  const options = /** @type {const} */ ({ encoding: 'buffer', maxBuffer: 4 << 20 })
  const { stdout } = await promisify(execFile)('curl', ['-sS', '--max-time', '30', ...args], options)
  return stdout
}

/** This system. @type {Outside} */
export const system = {
  datagrams: true,
  async listen(server, host) {
    server.listen(0, host)
    await once(server, 'listening')
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
    const close = () => {
      server.close()
      return once(server, 'close')
    }
    return { port, close }
  },
  connect: (port, host) => connect(port, host),
  agent: (options) => new Agent(options),
  curl: (url, options) => runCurl(['--noproxy', '*', ...options, url]),
}

/**
 * A simulated host, on which Node's servers and clients run by our adapters, and curl by a proxy.
 * @param {Net} net @param {string} proxy @returns {Outside}
 */
export function simulated(net, proxy) {
  return {
    datagrams: false,
    async listen(server, host) {
      const listener = await net.listen('tcp', joinHostPort(host, 0))
      const service = serve(listener, server)
      return { port: listener.addr.port, close: () => service.close() }
    },
    connect: (port, host) => connectOver(net, port, host),
    agent: (options) => agent(net, options),
    curl: (url, options) => runCurl(['--noproxy', '', '-x', proxy, ...options, url]),
  }
}
