import { joinHostPort } from '@net/addr'
import { defaultNet } from '../index.ts'
import type { Net } from '../net.ts'
import type { DialerOptions } from '../options.ts'
import { socketAddress, type AnySocketAddress } from './address.ts'
import { socketOptions, type SocketOptions } from './options.ts'
import { Socket } from './socket.ts'
import { tlsPeer, type SocketTLSOptions } from './tls.ts'

/** Makes a socket that connects to an address: {@link connect} of one Net. */
export type Connect = (address: AnySocketAddress, options?: SocketOptions) => Socket

/** What a {@link connector}'s sockets have in common. */
export interface ConnectorOptions {
  /** How TLS is spoken: authorities, certificates, versions. Absent means Node's defaults. */
  readonly tls?: SocketTLSOptions | undefined
  /** How the address is dialled; the time limits hold for the dial alone. */
  readonly dial?: Omit<DialerOptions, 'signal'> | undefined
}

/**
 * Makes the draft's `connect` over a Net: what it calls a binding object.
 *
 * @example
 * ```ts
 * import { listen, defaultNet } from '@net/core'
 * import { connector } from '@net/core/web'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const connect = connector(defaultNet(), { dial: { timeout: 5000 } })
 * const socket = connect({ hostname: '127.0.0.1', port: listener.addr.port })
 * await socket.opened
 * await socket.close()
 * await listener.close()
 * ```
 */
export function connector(net: Net, options: ConnectorOptions = {}): Connect {
  return over(() => net, options)
}

/**
 * Makes a socket on the default Net and begins to connect it to `address`, 'host:port' or an object with both: WinterTC's
 * Sockets API draft. Throws a {@link SocketError} for an address or options that make no sense; that it cannot connect, `opened`
 * and `closed` tell, and both streams.
 *
 * @example
 * ```ts
 * import { listen } from '@net/core'
 * import { connect } from '@net/core/web'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const socket = connect(listener.addr.toString())
 * await socket.opened
 * const peer = await listener.accept()
 * await peer.write(new TextEncoder().encode('hello'))
 * await peer.close()
 * for await (const bytes of socket.readable) console.log(new TextDecoder().decode(bytes)) // hello
 * await socket.closed
 * await listener.close()
 * ```
 */
export const connect: Connect = over(defaultNet, {})

function over(net: () => Net, { tls = {}, dial = {} }: ConnectorOptions): Connect {
  return (address, options = {}) => {
    const { hostname, port } = socketAddress(address)
    const all = socketOptions(options)
    const secure: Plan['secure'] = async (conn, ending) => {
      // TLS is loaded when it is needed: most sockets of a program may be plain ones.
      const { tlsClient } = await import('@net/node/tls')
      return tlsClient(conn, { ...tls, ...tlsPeer(all.sni ?? hostname, all.alpn) }, ending)
    }
    return new Socket({
      options: all,
      secure,
      open: async (ending) => {
        const { signal } = ending
        const wire = await net().dial('tcp', joinHostPort(hostname, port), { ...dial, signal })
        return all.secureTransport === 'on' ? await secure(wire, ending) : wire
      },
    })
  }
}

type Plan = ConstructorParameters<typeof Socket>[0]
