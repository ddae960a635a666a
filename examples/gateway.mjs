// A gateway between two network stacks: what calls on the one is passed on to an address of the other.
//
// A stack is `kernel`, which is this machine's, or where a Plan 9 /net is: a directory, or an address of one that is exported.
// node gateway.mjs kernel 127.0.0.1:8080 'unix!/tmp/lab.net' 10.0.0.80:80  lets this machine use a server of the other stack,
// node gateway.mjs 'unix!/tmp/lab.net' :80 kernel 127.0.0.1:3000            shows one of this machine there.
import { defaultNet, Net } from '@net/core'
import { plan9 } from '@net/core/plan9'
import { argumentsOf, whenAsked } from './command.mjs'
import { relay } from './relay.mjs'

const [from = '', address = '', to = '', server = ''] = argumentsOf(
  'gateway.mjs stack address stack server',
  4,
)

/** @param {string} stack */
const netOf = (stack) => (stack === 'kernel' ? defaultNet() : new Net(plan9({ net: stack })))

const [near, far] = [netOf(from), netOf(to)]
const listener = await near.listen('tcp', address)
console.log(`listening on ${listener.addr} of ${from}`)

/** @type {Set<import('@net/core').Conn>} */
const clients = new Set()
whenAsked(() => Promise.all([listener.close(), ...[...clients].map((client) => client.close())]))

/** @param {import('@net/core').TCPConn} client */
async function serve(client) {
  clients.add(client)
  try {
    await relay(client, await far.dial('tcp', server))
  } catch (e) {
    console.error(`${client.remoteAddr}: ${e instanceof Error ? e.message : e}`)
  }
  await client.close()
  clients.delete(client)
}

for await (const client of listener) void serve(client)
for (const { target } of [near, far])
  await /** @type {Partial<AsyncDisposable>} */ (target)[Symbol.asyncDispose]?.()
