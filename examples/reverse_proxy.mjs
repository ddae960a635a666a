// A reverse proxy of TCP, which tells the servers behind it who has called, by the PROXY protocol, version 2.
//
// node reverse_proxy.mjs 127.0.0.1:8080 127.0.0.1:8081 127.0.0.1:8082: the servers take turns, and one that refuses is passed over.
// They have to know the protocol: proxyListener() of @net/core/io makes a listener that does, nginx has proxy_protocol, haproxy
// accept-proxy.
import { dial, listen } from '@net/core'
import { encodeProxyHeader, proxyHeaderOf } from '@net/core/io'
import { argumentsOf, whenAsked } from './command.mjs'
import { relay } from './relay.mjs'

const [address = '', ...servers] = argumentsOf('reverse_proxy.mjs address server...', 2, Infinity)
const listener = await listen('tcp', address)
console.log(`listening on ${listener.addr}`)
whenAsked(() => listener.close()) // connections go on to their end

let turn = 0

/** The first server that takes a connection, from the one whose turn it is. */
async function dialServer() {
  const first = turn++
  let refused
  for (const i of servers.keys()) {
    const server = servers[(first + i) % servers.length] ?? ''
    try {
      return await dial('tcp', server, { timeout: 5000 })
    } catch (e) {
      refused = e
    }
  }
  throw refused
}

/** @param {import('@net/core').TCPConn} client */
async function serve(client) {
  try {
    const server = await dialServer()
    await server.write(encodeProxyHeader(proxyHeaderOf(client)))
    await relay(client, server)
  } catch (e) {
    console.error(`${client.remoteAddr}: ${e instanceof Error ? e.message : e}`)
    await client.close()
  }
}

for await (const client of listener) void serve(client)
