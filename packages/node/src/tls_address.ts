import { EventEmitter } from 'node:events'
import { type Server, TLSSocket } from 'node:tls'
import type { ConnDuplex } from './duplex.ts'

const properties = [
  'localAddress',
  'localPort',
  'localFamily',
  'remoteAddress',
  'remotePort',
  'remoteFamily',
] as const

/** Gives a TLS socket the addresses of the stream it runs on: it knows its own only on top of a socket of Node's. */
export function lendAddresses(socket: TLSSocket, stream: ConnDuplex): void {
  for (const name of properties) {
    Object.defineProperty(socket, name, { get: () => stream[name], configurable: true, enumerable: true })
  }
  Object.defineProperty(socket, 'address', { value: () => stream.address(), configurable: true })
}

/**
 * Gives a server of TLS a connection, and the socket that it makes of it the connection's addresses, before anyone hears of it: the
 * server sees a view of itself, which has all that is the server's but its own `emit`.
 */
export function emitConnection(server: Server, stream: ConnDuplex): void {
  const view = Object.create(server) as Server
  view.emit = (event: string, ...args: unknown[]): boolean => {
    for (const arg of args) if (arg instanceof TLSSocket) lendAddresses(arg, stream)
    return server.emit(event, ...args)
  }
  EventEmitter.prototype.emit.call(view, 'connection', stream)
}
