import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Net } from '@net/core'
import { dialNet, embeddedNet, exportNet, listenExport, plan9, tlsListener } from '@net/core/plan9'
import { hosted, posix } from '@net/posix'
import { SimNetwork } from '@net/sim'
import { simulated, system } from './outside.mjs'

/**
 * A network to try: its name in the table, whether it has Unix sockets that others reach, and where the others are.
 * @typedef {{ name: string, net: Net, unix: boolean, outside: import('./outside.mjs').Outside }} Stack
 */

/** The kernel's sockets where they can be reached, and the host's. @returns {Stack[]} */
function local() {
  const host = { name: 'hosted', net: new Net(hosted()), unix: true, outside: system }
  try {
    return [{ name: 'posix', net: new Net(posix()), unix: true, outside: system }, host]
  } catch (e) {
    console.log(`posix is left out: ${e instanceof Error ? e.message : String(e)}\n`)
    return [host]
  }
}

/**
 * Brings up every stack: those of this system, and the first of them as a Plan 9 /net, once in this process, once over 9P on a
 * Unix socket, once over 9P over TLS; and a simulated host. `close` ends them and gives how many conversations were left over.
 * @param {string} dir
 */
export async function bringUp(dir) {
  const stacks = local()
  const [{ net }] = /** @type {[Stack]} */ (stacks)
  const { target } = net

  const embedded = embeddedNet(target)

  const address = `unix!${join(dir, 'net')}`
  const overUnix = await listenExport(target, address)
  const unixTree = await dialNet(address)

  const tls = { identity: 'demo', key: randomBytes(32) }
  const listener = await net.listen('tcp', '127.0.0.1:0')
  const overTLS = exportNet(target, tlsListener(listener, { keys: { [tls.identity]: tls.key } }))
  const tlsTree = await dialNet(`tcp!127.0.0.1!${listener.addr.port}`, { tls })

  for (const [name, tree] of /** @type {const} */ ([
    ['/net', embedded],
    ['/net 9P', unixTree],
    ['/net TLS', tlsTree],
  ])) {
    stacks.push({ name, net: new Net(plan9({ net: tree })), unix: false, outside: system })
  }

  const sim = new SimNetwork({ clock: 'real' })
  const ours = new Net(sim.host('host').target)
  const simAddress = `unix!${join(dir, 'sim')}`
  const overSim = await listenExport(ours.target, simAddress, { on: target })
  const proxy = await startProxy(simAddress)
  stacks.push({ name: 'sim', net: ours, unix: false, outside: simulated(ours, proxy.url) })

  const close = async () => {
    proxy.end()
    await overSim.net.close()
    sim.close()
    await Promise.all([unixTree.close(), tlsTree.close(), embedded.close()])
    await Promise.all([overUnix.net.close(), overTLS.close()])
    return [embedded, overUnix.net, overTLS, overSim.net].reduce(
      (n, { activity }) => n + activity.conversations,
      0,
    )
  }
  return { stacks, close }
}

/** Starts netx import, by which curl gets to a /net. @param {string} address */
async function startProxy(address) {
  const netx = fileURLToPath(new URL('bin.js', import.meta.resolve('@net/cli')))
  const child = spawn(process.execPath, [netx, 'import', '--http', '0', address], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  for await (const line of createInterface({ input: child.stderr })) {
    const place = /HTTP proxy at (.*)$/.exec(line)?.[1]
    if (place !== undefined) return { url: `http://${place}`, end: () => child.kill() }
  }
  throw new Error('there is no proxy')
}
