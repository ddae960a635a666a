// A server that sends back what it gets: node echo_server.mjs [address], then: nc 127.0.0.1 7000
import { listen } from '@net/core'
import { argumentsOf, whenAsked } from './command.mjs'

const [address = '127.0.0.1:7000'] = argumentsOf('echo_server.mjs [address]', 0, 1)
const listener = await listen('tcp', address)
console.log(`listening on ${listener.addr}`)
whenAsked(() => listener.close()) // connections go on to their end

for await (const conn of listener) {
  console.log(`${conn.remoteAddr} came`)
  // Not awaited: the next connection need not wait for this one.
  conn.readable.pipeTo(conn.writable).then(
    () => console.log(`${conn.remoteAddr} went`),
    (e) => console.log(`${conn.remoteAddr} failed: ${e.message}`),
  )
}
