// Another machine's network, over 9P: its interfaces, its names, and a page of a web server that only it can reach.
//
// There: netx export 'unix!/tmp/there.net', and the socket brought here, as by ssh -L. Here:
// node import.mjs 'unix!/tmp/there.net' http://intranet/
import { once } from 'node:events'
import { get } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Net } from '@net/core'
import { agent } from '@net/core/node'
import { dialNet, plan9 } from '@net/core/plan9'
import { argumentsOf, misused } from './command.mjs'

const form = 'import.mjs where url'
const [where = '', page = ''] = argumentsOf(form, 2)
if (!page.startsWith('http://') || !URL.canParse(page)) misused(form)
const { hostname } = new URL(page)
const tree = await dialNet(where)
const there = new Net(plan9({ net: tree }))

for (const iface of await there.interfaces()) console.log(`${iface.name}: ${(await iface.addrs()).join(' ')}`)
console.log(`${hostname} is ${(await there.lookupHost(hostname)).join(' ')}`)

// Any http client of Node's goes through it.
const connections = agent(there)
const [response] = await once(get(page, { agent: connections }), 'response')
await pipeline(response, process.stdout, { end: false })
connections.destroy()
await tree.close()
