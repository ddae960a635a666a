import { IPAddr, parseNetwork } from '@net/addr'
import { missingAddress, OpError, type IPRawSockGroup } from '@net/contract'
import { ErrUnsupported } from '@net/stubs'
import { ipOf, isAny } from '../ip/address.ts'
import { checkDial } from '../socket/dial.ts'
import { callError } from '../socket/errno.ts'
import { familyOf, localText, remoteText } from '../socket/family.ts'
import { Socket, type Register } from '../socket/socket.ts'
import { SimIPConn } from './ipconn.ts'
import type { RawIP } from './raw_ip.ts'

/** Raw IP of a simulated host: nobody needs a privilege. `protocol` tells the number of a protocol's name, or null. */
export function ipRawSockGroup(
  raw: RawIP,
  protocol: (name: string) => number | null,
  register: Register,
): IPRawSockGroup {
  const open = (network: string, laddr: IPAddr | null, raddr: IPAddr | null, dials: boolean): SimIPConn => {
    const { afnet, proto } = parseNetwork(network, true, protocol)
    const chosen = familyOf(afnet, laddr, raddr, 'dial') // a raw socket is of one family
    const family = { version: chosen.version, dual: false }
    if (dials && raddr === null) throw missingAddress()
    const peer = raddr === null ? null : remoteText(family, raddr)
    const own = localText(family, laddr)
    const source = peer === null ? null : raw.ip.source(peer)
    if (source !== null && 'error' in source) throw callError('connect', source.error)
    const addr = source !== null && isAny(own) ? source.addr : own
    const endpoint = raw.open(addr, proto, peer)
    if (typeof endpoint === 'string') throw callError('bind', endpoint)
    const remote = peer === null ? null : new IPAddr(ipOf(peer))
    const socket = new Socket(raw.ip.time, register, network, new IPAddr(ipOf(addr)), remote)
    return new SimIPConn(socket, raw, endpoint)
  }
  return {
    async dialIP(network, laddr, raddr, options = {}) {
      options.signal?.throwIfAborted()
      try {
        if (options.control !== undefined) throw ErrUnsupported
        checkDial(options)
        return open(network, laddr, raddr, true)
      } catch (e) {
        throw new OpError('dial', network, laddr, raddr, e as Error)
      }
    },

    async listenIP(network, laddr, options = {}) {
      try {
        if (options.control !== undefined) throw ErrUnsupported
        return open(network, laddr, null, false)
      } catch (e) {
        throw new OpError('listen', network, null, laddr, e as Error)
      }
    },
  }
}
