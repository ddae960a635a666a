import { TCPAddr } from '@net/addr'
import type { DialOptions, ListenOptions, NetFS, TCPSockGroup } from '@net/contract'
import type { Opened } from '../file/open_conversation.ts'
import { dialPlan9, listenPlan9 } from './ipsock.ts'
import { Plan9TCPListener } from './listener.ts'
import { Plan9TCPConn } from '../conn/tcpconn.ts'

function connection(network: string, opened: Opened, options: DialOptions | ListenOptions): Plan9TCPConn {
  const { local, remote } = opened
  const conn = new Plan9TCPConn(network, opened, tcpAddr(local), tcpAddr(remote))
  conn.keepAlive(options.keepAlive)
  opened.conversation.release()
  return conn
}

function tcpAddr(a: { ip: TCPAddr['ip']; port: number }): TCPAddr {
  return a instanceof TCPAddr ? a : new TCPAddr(a.ip, a.port)
}

/**
 * TCP of a network tree.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { embeddedNet } from '@net/netfs'
 * import { plan9TCPSockGroup } from '@net/plan9'
 * import { posix } from '@net/posix'
 *
 * const tcp = plan9TCPSockGroup(embeddedNet(posix()))
 * const listener = await tcp.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const [near, far] = await Promise.all([tcp.dialTCP('tcp', null, listener.addr), listener.accept()])
 * await near.write(new TextEncoder().encode('hello'))
 * console.log(await far.read(new Uint8Array(64))) // 5
 * await Promise.all([near.close(), far.close(), listener.close()])
 * ```
 */
export function plan9TCPSockGroup(fs: NetFS): TCPSockGroup {
  return {
    async dialTCP(network, laddr, raddr, options = {}) {
      return connection(network, await dialPlan9(fs, network, 'tcp', laddr, raddr, options), options)
    },

    listenTCP(network, laddr, options = {}) {
      return listenPlan9(fs, network, 'tcp', laddr, options, [], async (conversation, limits) => {
        const addr = tcpAddr(await conversation.address('local', network, limits))
        return new Plan9TCPListener(fs, network, conversation, addr, (opened) =>
          connection(network, opened, options),
        )
      })
    },
  }
}
