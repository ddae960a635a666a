import { row } from '#target'
import { Net } from './net.ts'
import { targetOf } from './targets/row.ts'

let net: Net | undefined

/**
 * The Net that the free functions use, over the target that this build or this process has: the import conditions plan9,
 * windows, linux, darwin, freebsd and openbsd choose one (`node -C windows`), without them the running system does.
 * Made on first use.
 *
 * @example
 * ```ts
 * import { defaultNet } from '@net/core'
 *
 * console.log(defaultNet() === defaultNet()) // true
 * ```
 */
export function defaultNet(): Net {
  return (net ??= new Net(targetOf(row())))
}

/** A method of the default Net as a function. The Net is made when the function is called. */
function bound<K extends keyof Net>(method: K): Net[K] {
  const call = (...args: unknown[]): unknown => {
    const net = defaultNet()
    return (net[method] as unknown as (...args: unknown[]) => unknown).apply(net, args)
  }
  return call as unknown as Net[K]
}

/**
 * {@link Net.dial} on the default Net.
 *
 * @example
 * ```ts
 * import { dial, listen } from '@net/core'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const conn = await dial('tcp', listener.addr.toString())
 * await Promise.all([conn.close(), listener.close()])
 * ```
 */
export const dial: Net['dial'] = bound('dial')
/**
 * {@link Net.listen} on the default Net.
 *
 * @example
 * ```ts
 * import { listen } from '@net/core'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * console.log(listener.addr.network) // tcp
 * await listener.close()
 * ```
 */
export const listen: Net['listen'] = bound('listen')
/**
 * {@link Net.listenPacket} on the default Net.
 *
 * @example
 * ```ts
 * import { listenPacket } from '@net/core'
 *
 * const conn = await listenPacket('udp', '127.0.0.1:0')
 * console.log(conn.localAddr.network) // udp
 * await conn.close()
 * ```
 */
export const listenPacket: Net['listenPacket'] = bound('listenPacket')
/**
 * {@link Net.dialTCP} on the default Net.
 *
 * @example
 * ```ts
 * import { dialTCP, listenTCP, parseIP, TCPAddr } from '@net/core'
 *
 * const listener = await listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const conn = await dialTCP('tcp', null, listener.addr)
 * await Promise.all([conn.close(), listener.close()])
 * ```
 */
export const dialTCP: Net['dialTCP'] = bound('dialTCP')
/** {@link Net.listenTCP} on the default Net. */
export const listenTCP: Net['listenTCP'] = bound('listenTCP')
/** {@link Net.dialUDP} on the default Net. */
export const dialUDP: Net['dialUDP'] = bound('dialUDP')
/**
 * {@link Net.listenUDP} on the default Net.
 *
 * @example
 * ```ts
 * import { listenUDP, parseIP, UDPAddr } from '@net/core'
 *
 * const conn = await listenUDP('udp', new UDPAddr(parseIP('127.0.0.1'), 0))
 * await conn.close()
 * ```
 */
export const listenUDP: Net['listenUDP'] = bound('listenUDP')
/** {@link Net.listenMulticastUDP} on the default Net. */
export const listenMulticastUDP: Net['listenMulticastUDP'] = bound('listenMulticastUDP')
/** {@link Net.dialIP} on the default Net. */
export const dialIP: Net['dialIP'] = bound('dialIP')
/** {@link Net.listenIP} on the default Net. */
export const listenIP: Net['listenIP'] = bound('listenIP')
/** {@link Net.dialUnix} on the default Net. */
export const dialUnix: Net['dialUnix'] = bound('dialUnix')
/** {@link Net.listenUnix} on the default Net. */
export const listenUnix: Net['listenUnix'] = bound('listenUnix')
/** {@link Net.listenUnixgram} on the default Net. */
export const listenUnixgram: Net['listenUnixgram'] = bound('listenUnixgram')
/**
 * {@link Net.resolveTCPAddr} on the default Net.
 *
 * @example
 * ```ts
 * import { resolveTCPAddr } from '@net/core'
 *
 * console.log(String(await resolveTCPAddr('tcp', '127.0.0.1:http'))) // 127.0.0.1:80
 * ```
 */
export const resolveTCPAddr: Net['resolveTCPAddr'] = bound('resolveTCPAddr')
/** {@link Net.resolveUDPAddr} on the default Net. */
export const resolveUDPAddr: Net['resolveUDPAddr'] = bound('resolveUDPAddr')
/** {@link Net.resolveIPAddr} on the default Net. */
export const resolveIPAddr: Net['resolveIPAddr'] = bound('resolveIPAddr')
/** {@link Net.resolveUnixAddr} on the default Net. */
export const resolveUnixAddr: Net['resolveUnixAddr'] = bound('resolveUnixAddr')
/**
 * {@link Net.lookupHost} on the default Net.
 *
 * @example
 * ```ts
 * import { lookupHost } from '@net/core'
 *
 * console.log(await lookupHost('127.0.0.1').then(String)) // 127.0.0.1
 * ```
 */
export const lookupHost: Net['lookupHost'] = bound('lookupHost')
/** {@link Net.lookupIP} on the default Net. */
export const lookupIP: Net['lookupIP'] = bound('lookupIP')
/** {@link Net.lookupIPAddr} on the default Net. */
export const lookupIPAddr: Net['lookupIPAddr'] = bound('lookupIPAddr')
/**
 * {@link Net.lookupPort} on the default Net.
 *
 * @example
 * ```ts
 * import { lookupPort } from '@net/core'
 *
 * console.log(await lookupPort('tcp', 'https')) // 443
 * ```
 */
export const lookupPort: Net['lookupPort'] = bound('lookupPort')
/** {@link Net.lookupCNAME} on the default Net. */
export const lookupCNAME: Net['lookupCNAME'] = bound('lookupCNAME')
/** {@link Net.lookupSRV} on the default Net. */
export const lookupSRV: Net['lookupSRV'] = bound('lookupSRV')
/** {@link Net.lookupMX} on the default Net. */
export const lookupMX: Net['lookupMX'] = bound('lookupMX')
/** {@link Net.lookupNS} on the default Net. */
export const lookupNS: Net['lookupNS'] = bound('lookupNS')
/** {@link Net.lookupTXT} on the default Net. */
export const lookupTXT: Net['lookupTXT'] = bound('lookupTXT')
/** {@link Net.lookupAddr} on the default Net. */
export const lookupAddr: Net['lookupAddr'] = bound('lookupAddr')
/** {@link Net.lookupProtocol} on the default Net. */
export const lookupProtocol: Net['lookupProtocol'] = bound('lookupProtocol')
/** {@link Net.interfaces} on the default Net. */
export const interfaces: Net['interfaces'] = bound('interfaces')
/** {@link Net.interfaceAddrs} on the default Net. */
export const interfaceAddrs: Net['interfaceAddrs'] = bound('interfaceAddrs')
/** {@link Net.interfaceByIndex} on the default Net. */
export const interfaceByIndex: Net['interfaceByIndex'] = bound('interfaceByIndex')
/**
 * {@link Net.interfaceByName} on the default Net.
 *
 * @example
 * ```ts
 * import { interfaceByName, OpError } from '@net/core'
 *
 * const error = await interfaceByName('nope').catch((e) => e)
 * console.log(error instanceof OpError && error.op) // route
 * ```
 */
export const interfaceByName: Net['interfaceByName'] = bound('interfaceByName')
/**
 * {@link Net.fileConn} on the default Net.
 *
 * @example
 * ```ts
 * import { dial, fileConn, listen } from '@net/core'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const conn = await dial('tcp', listener.addr.toString())
 * const file = await conn.file()
 * const same = await fileConn(file) // has a descriptor of its own
 * await Promise.all([file.close(), same.close(), conn.close(), listener.close()])
 * ```
 */
export const fileConn: Net['fileConn'] = bound('fileConn')
/** {@link Net.fileListener} on the default Net. */
export const fileListener: Net['fileListener'] = bound('fileListener')
/** {@link Net.filePacketConn} on the default Net. */
export const filePacketConn: Net['filePacketConn'] = bound('filePacketConn')
