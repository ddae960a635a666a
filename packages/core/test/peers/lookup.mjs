// Looks up what its argument lists, a JSON array of [function, argument...], and prints what came of it: lookup.go's twin.
import * as core from '@net/core'

/** @type {Record<string, (...args: string[]) => Promise<unknown>>} */
const lookups = {
  lookupHost: async (host) => (await core.lookupHost(host)).sort(),
  lookupIP4: async (host) => (await core.lookupIP('ip4', host)).map(String).sort(),
  lookupIP6: async (host) => (await core.lookupIP('ip6', host)).map(String).sort(),
  lookupCNAME: (host) => core.lookupCNAME(host),
  lookupMX: async (name) => (await core.lookupMX(name)).map((mx) => mx.host),
  lookupNS: async (name) => (await core.lookupNS(name)).map((ns) => ns.host).sort(),
  lookupTXT: async (name) => (await core.lookupTXT(name)).sort(),
  lookupAddr: async (addr) => (await core.lookupAddr(addr)).sort(),
  lookupSRV: async (service, proto, name) => {
    const { cname, addrs } = await core.lookupSRV(service, proto, name)
    return [...addrs.map((srv) => srv.target), cname]
  },
}

const calls = /** @type {[string, ...string[]][]} */ (JSON.parse(process.argv[2] ?? ''))
const outcomes = []
for (const [name, ...args] of calls) {
  try {
    outcomes.push({ result: await lookups[name]?.(...args) })
  } catch (e) {
    outcomes.push({ result: null, error: /** @type {Error} */ (e).message })
  }
}
console.log(JSON.stringify(outcomes))
