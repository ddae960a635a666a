import { serve } from '@net/core/node'

/**
 * What is there outside of our network: of the server of a program its port of 127.0.0.1 and its folder, and a certificate.
 * @typedef {{ port: number, dir: string, tls: import('@net/peers').Certificate }} Outside
 */

/**
 * A program that people have, over a network of ours. `packages`: those whose versions the table shows, of npm. `server`: what has to
 * run meanwhile, from the distribution. `tls`: whether a certificate is needed. `lacks`: what a stack has not, without which the
 * program cannot run over it. `glue`: the code that puts it on our network, as it stands in the program. `run`: uses it, and throws
 * when something is not as it should be.
 * @typedef {object} Program
 * @property {string} name
 * @property {string[]} [packages]
 * @property {'postgresql' | 'mariadb' | 'redis' | 'redis with TLS' | 'dbus-daemon'} [server]
 * @property {boolean} [tls]
 * @property {Partial<Record<import('./stacks.mjs').StackName, string>>} [lacks]
 * @property {string} glue
 * @property {(net: import('@net/core').Net, outside: Outside) => Promise<void>} run
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
