// Dials a name in the namespace it runs in and prints what came of it: `node dial_netns.mjs hosts network address options
// [near]`. With an address that is near it tells too how long it takes, beside that, to wait for the fallback delay and
// then to dial that address.
import { defaultNet, Net, Resolver } from '@net/core'
import { parseHosts, parseNSSConf } from '@net/resolve'

const [hosts = '', network = '', address = '', options = '{}', near] = process.argv.slice(2)
const resolver = new Resolver({
  preferSystem: false,
  hosts: parseHosts(hosts),
  nsswitch: parseNSSConf('hosts: files'),
})
const net = new Net(defaultNet().target, { resolver })
// The first socket of a process takes longer than those after it.
await (await net.listen('tcp', '127.0.0.1:0')).close()
const dialer = /** @type {import('@net/core').DialerOptions} */ (JSON.parse(options))
const start = performance.now()

async function byHand() {
  if (near === undefined) return undefined
  await new Promise((resolve) => setTimeout(resolve, dialer.fallbackDelay))
  await (await net.dial('tcp', near)).close()
  return performance.now() - start
}

async function outcome() {
  try {
    const conn = await net.dial(network, address, dialer)
    const ms = performance.now() - start
    await conn.close()
    return { ms, remote: conn.remoteAddr.toString() }
  } catch (thrown) {
    const e = /** @type {import('@net/core').DialError} */ (thrown)
    const ms = performance.now() - start
    return { ms, message: e.message, timeout: e.timeout, errors: e.errors?.map((one) => one.message) }
  }
}

const [told, byHandMs] = await Promise.all([outcome(), byHand()])
console.log(JSON.stringify({ ...told, byHandMs }))
