import { serve } from '@net/core/node'

/**
 * A program that people have, over a network of ours. `packages`: those whose versions the table shows, of npm. `server`: what has to
 * run meanwhile, from the distribution. `glue`: the code that puts it on our network, as it stands in the program. `run`: uses it, and
 * throws when something is not as it should be; `port` is that of the server.
 * @typedef {object} Program
 * @property {string} name
 * @property {string[]} [packages]
 * @property {'postgresql' | 'mariadb' | 'redis'} [server]
 * @property {string} glue
 * @property {(net: import('@net/core').Net, port: number) => Promise<void>} run
 */

/** Serves on a port of loopback while a client is tried. @param {import('@net/core').Net} net @param {import('node:events').EventEmitter} server @param {(port: number) => Promise<void>} client */
export async function whileServing(net, server, client) {
  const listener = await net.listen('tcp', '127.0.0.1:0')
  const service = serve(listener, server)
  try {
    await client(listener.addr.port)
  } finally {
    await service.close()
  }
}
