import { UDPAddr } from '@net/addr'
import { OpError, type NetFS, type UDPSockGroup } from '@net/contract'
import { ErrPlan9, udpSockStubs } from '@net/stubs'
import { leave } from '../file/open_conversation.ts'
import { dialPlan9, listenPlan9 } from './ipsock.ts'
import { Plan9UDPConn } from '../conn/udpconn.ts'

function udpAddr(a: { ip: UDPAddr['ip']; port: number }): UDPAddr {
  return a instanceof UDPAddr ? a : new UDPAddr(a.ip, a.port)
}

/**
 * UDP of a network tree. Multicast is refused.
 *
 * @example
 * ```ts
 * import { parseIP, UDPAddr } from '@net/addr'
 * import { embeddedNet } from '@net/netfs'
 * import { plan9UDPSockGroup } from '@net/plan9'
 * import { posix } from '@net/posix'
 *
 * const udp = plan9UDPSockGroup(embeddedNet(posix()))
 * const conn = await udp.listenUDP('udp', new UDPAddr(parseIP('127.0.0.1'), 0))
 * await conn.writeTo(new TextEncoder().encode('hello'), conn.localAddr)
 * const [n] = await conn.readFrom(new Uint8Array(64))
 * console.log(n) // 5
 * await conn.close()
 * ```
 */
export function plan9UDPSockGroup(fs: NetFS): UDPSockGroup {
  return {
    async dialUDP(network, laddr, raddr, options = {}) {
      const opened = await dialPlan9(fs, network, 'udp', laddr, raddr, options)
      opened.conversation.release()
      return new Plan9UDPConn(network, opened, udpAddr(opened.local), udpAddr(opened.remote))
    },

    async listenUDP(network, laddr, options = {}) {
      if (laddr instanceof UDPAddr && laddr.ip?.isMulticast === true)
        throw new OpError('listen', network, null, laddr, ErrPlan9)
      // The tree is told that there are headers before a datagram can come.
      return await listenPlan9(
        fs,
        network,
        'udp',
        laddr,
        options,
        ['headers'],
        async (conversation, limits) => {
          const data = await conversation.file('data', 'rw', limits)
          try {
            const local = udpAddr(await conversation.address('local', network, limits))
            conversation.release()
            return new Plan9UDPConn(network, { conversation, data, local, remote: local }, local, null)
          } catch (e) {
            leave(data)
            throw e
          }
        },
      )
    },

    listenMulticastUDP: (...given) => udpSockStubs(ErrPlan9).listenMulticastUDP(...given),
  }
}
