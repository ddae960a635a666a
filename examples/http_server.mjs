// Node's http server over a listener of ours: node http_server.mjs [network address], then: curl http://127.0.0.1:8080/
import { createServer } from 'node:http'
import { listen } from '@net/core'
import { serve } from '@net/core/node'
import { argumentsOf, whenAsked } from './command.mjs'

const [network = 'tcp', address = '127.0.0.1:8080'] = argumentsOf('http_server.mjs [network address]', 0, 2)
const listener = await listen(network, address)
const service = serve(
  listener,
  createServer((req, res) => res.end(`you asked for ${req.url}\n`)),
)
console.log(`listening on ${listener.addr}`)
whenAsked(() => service.close())
