import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Net } from '@net/core'
import { dialNet, embeddedNet, exportNet, listenExport, plan9, tlsListener } from '@net/core/plan9'
import { hosted, posix } from '@net/posix'

/**
 * A network to try: its name in the table, and whether it has Unix sockets.
 * @typedef {{ name: string, net: Net, unix: boolean }} Stack
 */

/** The kernel's sockets where they can be reached, and the host's. @returns {Stack[]} */
function local() {
  const host = { name: 'hosted', net: new Net(hosted()), unix: true }
  try {
    return [{ name: 'posix', net: new Net(posix()), unix: true }, host]
  } catch (e) {
    console.log(`posix is left out: ${e instanceof Error ? e.message : String(e)}\n`)
    return [host]
  }
}

/**
 * Brings up every stack: those of this system, and the first of them as a Plan 9 /net, once in this process, once over 9P on a
 * Unix socket, once over 9P over TLS. `close` ends them and gives how many conversations were left over.
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
    stacks.push({ name, net: new Net(plan9({ net: tree })), unix: false })
  }

  const close = async () => {
    await Promise.all([unixTree.close(), tlsTree.close(), embedded.close()])
    await Promise.all([overUnix.net.close(), overTLS.close()])
    return [embedded, overUnix.net, overTLS].reduce((n, { activity }) => n + activity.conversations, 0)
  }
  return { stacks, close }
}
