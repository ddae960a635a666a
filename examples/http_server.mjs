// Node's http server over a listener of ours: node http_server.mjs [network] [address], then: curl http://127.0.0.1:8080/
import { createServer } from 'node:http'
import { listen } from '@net/core'
import { serve } from '@net/core/node'

const [network = 'tcp', address = '127.0.0.1:8080'] = process.argv.slice(2)
const listener = await listen(network, address)
const service = serve(
  listener,
  createServer((req, res) => res.end(`you asked for ${req.url}\n`)),
)
console.log(`listening on ${listener.addr}`)

process.once('SIGTERM', () => void service.close())
process.once('SIGINT', () => void service.close())
