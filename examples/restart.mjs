// A restart without downtime: the process that listens hands the listener to the next one. node restart.mjs 127.0.0.1:8080
//
// SIGHUP starts the program anew, as when its file has changed. Both accept until the new one says that it is ready, then the old one
// finishes what it has begun, and ends. Nobody is refused at any moment, as the same socket listens all the time. A new one that does
// not get ready leaves the old one serving.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { listenTCP, resolveTCPAddr } from '@net/core'
import { serve } from '@net/core/node'
import { handOver, listenersFromEnvironment } from '@net/posix'
import { argumentsOf, whenAsked } from './command.mjs'

const [address = ''] = argumentsOf('restart.mjs address', 1)
const [handed] = (await listenersFromEnvironment()).get('web') ?? []
const listener =
  /** @type {import('@net/core').TCPListener | undefined} */ (handed) ??
  (await listenTCP('tcp', await resolveTCPAddr('tcp', address)))
const service = serve(
  listener,
  createServer((_req, res) => res.end(`${process.pid}\n`)),
)

let goes = false
const go = () => {
  goes = true
  return service.close({ grace: 10_000 }) // ms for the answers that are under way
}
whenAsked(go)

process.on('SIGHUP', async () => {
  if (goes) return
  goes = true // not twice
  const self = [...process.execArgv, ...process.argv.slice(1)]
  const { command, args, options, close } = await handOver({ web: listener }, process.execPath, self)
  const next = spawn(command, args, { ...options, stdio: [...options.stdio, 'ipc'] })
  next.unref()
  await close()
  const [what] = await Promise.race([once(next, 'message'), once(next, 'exit')])
  if (what === 'ready') await go()
  else goes = false
})

console.log(`process ${process.pid} serves ${listener.addr}`)

// The one before is told that it may go.
if (process.connected) {
  process.send?.('ready')
  process.disconnect()
}
