import { joinHostPort } from '@net/addr'
import { defaultNet } from '../default_net.ts'
import type { Net } from '../net.ts'
import type { DialerOptions } from '../options.ts'
import { socketAddress, type AnySocketAddress } from './address.ts'
import { socketOptions, type SocketOptions } from './options.ts'
import { Socket } from './socket.ts'
import { tlsPeer, type TLSOptions } from './tls.ts'

/** Makes a socket that connects to an address: {@link connect} of one Net. */
export type Connect = (address: AnySocketAddress, options?: SocketOptions) => Socket

/** What a {@link connector}'s sockets have in common. */
export interface ConnectorOptions {
  /** How TLS is spoken: authorities, certificates, versions. Absent means Node's defaults. */
  readonly tls?: TLSOptions | undefined
  /** How the address is dialled; the time limits hold for the dial alone. */
  readonly dial?: Omit<DialerOptions, 'signal'> | undefined
}

/** Makes the draft's `connect` over a Net: what it calls a binding object. */
export function connector(net: Net, options: ConnectorOptions = {}): Connect {
  return over(() => net, options)
}

/**
 * Makes a socket on the default Net and begins to connect it to `address`, 'host:port' or an object with both: WinterTC's
 * Sockets API draft. Throws a {@link SocketError} for an address or options that make no sense; that it cannot connect, `opened`
 * and `closed` tell, and both streams.
 */
export const connect: Connect = over(defaultNet, {})

function over(net: () => Net, { tls = {}, dial = {} }: ConnectorOptions): Connect {
  return (address, options = {}) => {
    const { hostname, port } = socketAddress(address)
    const all = socketOptions(options)
    const secure: Plan['secure'] = async (conn, signal) => {
      // TLS is loaded when it is needed: most sockets of a program may be plain ones.
      const { secureConn } = await import('@net/node/tls')
      return secureConn(conn, { ...tls, ...tlsPeer(all.sni ?? hostname, all.alpn) }, { signal })
    }
    return new Socket({
      options: all,
      secure,
      open: async (signal) => {
        const wire = await net().dial('tcp', joinHostPort(hostname, port), { ...dial, signal })
        return all.secureTransport === 'on' ? await secure(wire, signal) : wire
      },
    })
  }
}

type Plan = ConstructorParameters<typeof Socket>[0]
