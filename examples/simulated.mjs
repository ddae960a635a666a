// curl within a simulated network of three hosts, over a link that loses packets: node simulated.mjs
//
// netx simulates it and exports two of the hosts. A web server of Node runs on one of them, curl asks from the other.
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Net } from '@net/core'
import { serve } from '@net/core/node'
import { dialNet, plan9 } from '@net/core/plan9'

const netx = fileURLToPath(new URL('bin.js', import.meta.resolve('@net/cli')))
const topology = fileURLToPath(new URL('three_hosts.json', import.meta.url))
const dir = await mkdtemp(join(tmpdir(), 'simulated-'))
const [client, server] = [`unix!${join(dir, 'client')}`, `unix!${join(dir, 'server')}`]

/** Starts netx, and gives it with what it says of where it serves. @param {string[]} args */
async function start(...args) {
  const child = spawn(process.execPath, [netx, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  const lines = createInterface({ input: child.stderr })
  for await (const line of lines) {
    const place = / at (.*)$/.exec(line)?.[1]
    if (place === server || place?.startsWith('127.0.0.1:')) return { child, place }
  }
  throw new Error(`netx ${args.join(' ')} does not serve`)
}

const network = await start('sim', topology, '--export', `client=${client}`, '--export', `server=${server}`)

const tree = await dialNet(server)
const http = createServer((req, res) => res.end(`you asked for ${req.url}\n`))
const service = serve(await new Net(plan9({ net: tree })).listen('tcp', ':80'), http)

const proxy = await start('import', '--http', '0', client)
for (const path of ['/one', '/two', '/three']) {
  const args = ['-sS', '--noproxy', '', '-x', `http://${proxy.place}`, `http://server${path}`]
  const { stdout } = await promisify(execFile)('curl', args)
  process.stdout.write(stdout)
}

proxy.child.kill()
await service.close()
await tree.close()
network.child.kill()
await rm(dir, { recursive: true })
