// HTTP over a Unix socket, which no other machine reaches, and of this one who may open the socket's file.
//
// node http_over_unix.mjs /tmp/web.sock serves, and node http_over_unix.mjs /tmp/web.sock /path asks it, as does
// curl --unix-socket /tmp/web.sock http://any/path
import { createServer, get } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { defaultNet, listen } from '@net/core'
import { agent, serve } from '@net/core/node'
import { argumentsOf, whenAsked } from './command.mjs'

const [socketPath = '', path] = argumentsOf('http_over_unix.mjs socket [path]', 1, 2)

if (path === undefined) {
  const listener = await listen('unix', socketPath)
  const service = serve(
    listener,
    createServer((req, res) => res.end(`${req.method} ${req.url}\n`)),
  )
  console.log(`serving at ${listener.addr}`)
  whenAsked(() => service.close({ grace: 1000 })) // this also removes the socket's file
} else {
  const request = get({ socketPath, path, agent: agent(defaultNet()) })
  request.once('response', (response) => void pipeline(response, process.stdout, { end: false }))
}
