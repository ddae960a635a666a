import { UDPAddr } from '@net/addr'
import { OpError, type NetFS, type UDPSockGroup } from '@net/contract'
import { ErrPlan9, udpSockStubs } from '@net/stubs'
import { leave } from './open_conversation.ts'
import { plan9Error } from './errors.ts'
import { announcePlan9, checkAddrs, checkOptions, dialPlan9 } from './ipsock.ts'
import { Plan9UDPConn } from './udpconn.ts'

function udpAddr(a: { ip: UDPAddr['ip']; port: number }): UDPAddr {
  return a instanceof UDPAddr ? a : new UDPAddr(a.ip, a.port)
}

/** UDP of a network tree. Multicast is refused. */
export function plan9UDPSockGroup(fs: NetFS): UDPSockGroup {
  return {
    async dialUDP(network, laddr, raddr, options = {}) {
      const opened = await dialPlan9(fs, network, 'udp', laddr, raddr, options)
      return new Plan9UDPConn(network, opened, udpAddr(opened.local), udpAddr(opened.remote))
    },

    async listenUDP(network, laddr, options = {}) {
      try {
        checkAddrs(network, 'udp', laddr)
        checkOptions(options)
        if (laddr?.ip?.isMulticast === true) throw ErrPlan9
        // Before a datagram can come its reader is told that there are headers.
        const conversation = await announcePlan9(fs, network, laddr, 'headers')
        try {
          const data = await conversation.file('data', 'rw')
          try {
            const local = udpAddr(await conversation.address('local', network))
            return new Plan9UDPConn(network, { conversation, data, local, remote: local }, local, null)
          } catch (e) {
            leave(data)
            throw e
          }
        } catch (e) {
          conversation.drop()
          throw e
        }
      } catch (e) {
        throw new OpError('listen', network, null, laddr, plan9Error('listen', e))
      }
    },

    listenMulticastUDP: (...given) => udpSockStubs(ErrPlan9).listenMulticastUDP(...given),
  }
}
