import type { UDPAddr } from '@net/addr'
import { OpError, missingAddress } from '@net/contract'
import type { ResolverSockets } from '@net/resolve'
import { abi } from '../abi/system.ts'
import { closeDescriptor } from '../sys/descriptor.ts'
import { FD } from '../fd/fd.ts'
import type { Names } from '../fd/names.ts'
import { putAddr } from './ipsock.ts'
import { must } from '../fd/sock.ts'
import { openSocket } from '../fd/sock_cloexec.ts'
import { familyOf, sockaddrOut } from '../wire/sockaddr.ts'
import { connect } from '../sys/syscall.ts'
import { tcpSockGroup } from './tcpsock.ts'
import { PosixUDPConn } from './udpconn.ts'
import { udpNames } from './udpsock.ts'

// Nobody waits for an error of a closed socket that would name it.
const queryNames: Names = { ...udpNames, brief: true }

/**
 * A connected UDP socket for a query or a few, from a port that the kernel takes at random. It is what
 * dialUDP gives, in half the system calls: it cannot broadcast, and forgets its addresses when it is closed.
 */
function dialQuery(raddr: UDPAddr): PosixUDPConn {
  try {
    const family = familyOf(raddr.ip)
    const s = must('socket', openSocket(family, abi.SOCK_DGRAM, abi.IPPROTO_UDP))
    try {
      must('connect', connect(s, sockaddrOut, putAddr(family, raddr)))
      const fd = new FD(s, 'udp', queryNames)
      fd.setAddrs(undefined, raddr)
      fd.readReady = false // what comes is told when the descriptor is registered
      return new PosixUDPConn(fd, family, true)
    } catch (e) {
      closeDescriptor(s)
      throw e
    }
  } catch (e) {
    throw new OpError('dial', 'udp', null, raddr, e as Error)
  }
}

/** What DNS servers are asked over: the kernel's sockets. */
export const querySockets: ResolverSockets = {
  dialTCP: (network, laddr, raddr, options) => tcpSockGroup.dialTCP(network, laddr, raddr, options),

  async dialUDP(_network, _laddr, raddr) {
    if (raddr === null) throw missingAddress()
    return await Promise.resolve(dialQuery(raddr))
  },
}
