// Dials a name in the namespace it runs in and prints what came of it: `node dial_netns.mjs hosts network address options`.
import { defaultNet, Net, Resolver } from '@net/core'
import { parseHosts, parseNSSConf } from '@net/resolve'

const [hosts = '', network = '', address = '', options = ''] = process.argv.slice(2)
const resolver = new Resolver({
  preferSystem: false,
  hosts: parseHosts(hosts),
  nsswitch: parseNSSConf('hosts: files'),
})
const net = new Net(defaultNet().target, { resolver })
// The first socket of a process takes longer than those after it.
await (await net.listen('tcp', '127.0.0.1:0')).close()
const start = performance.now()
let outcome
try {
  const conn = await net.dial(network, address, /** @type {object} */ (JSON.parse(options)))
  outcome = { remote: conn.remoteAddr.toString() }
  await conn.close()
} catch (thrown) {
  const e = /** @type {import('@net/core').DialError} */ (thrown)
  outcome = { message: e.message, timeout: e.timeout, errors: e.errors?.map((one) => one.message) }
}
console.log(JSON.stringify({ ms: performance.now() - start, ...outcome }))
