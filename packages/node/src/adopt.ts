import { Socket, type SocketConstructorOpts } from 'node:net'
import type { Conn, FileGroup, TCPConn, UnixConn } from '@net/contract'

/** What the host keeps behind a socket. It is no documented name, but the only way to the descriptor. */
interface Handled {
  readonly _handle?: { readonly fd?: unknown } | null
  readonly encrypted?: unknown
}

/**
 * Takes a connected TCP or Unix socket of node:net over into `net`: its descriptor is duplicated and the socket destroyed,
 * which the peer does not notice. Nothing may have been read ahead, or wait to be written: the socket is taken where it was
 * accepted with `pauseOnConnect`, in its 'connection' or 'connect' event, or from http's 'upgrade' with an empty head.
 *
 * Rejects with a TypeError for a socket that is not connected, has such bytes, or shows no descriptor (TLS, Windows,
 * a host other than Node), and then leaves it alone. The target's file group makes the connection, so a target
 * without descriptors refuses with its own error.
 *
 * @example
 * ```ts
 * import { once } from 'node:events'
 * import { connect } from 'node:net'
 * import { defaultNet, listen } from '@net/core'
 * import { fromSocket } from '@net/core/node'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const socket = connect(listener.addr.port, '127.0.0.1')
 * await once(socket, 'connect')
 * const conn = await fromSocket(defaultNet().target, socket)
 * const peer = await listener.accept()
 * await conn.write(new TextEncoder().encode('hello'))
 * console.log(await peer.read(new Uint8Array(64))) // 5
 * for (const end of [conn, peer, listener]) await end.close()
 * ```
 */
export async function fromSocket(net: Pick<FileGroup, 'fileConn'>, socket: Socket): Promise<Conn> {
  const { _handle, encrypted } = socket as Socket & Handled
  if (!(socket instanceof Socket) || encrypted === true) throw new TypeError('it is not a socket of node:net')
  if (socket.destroyed || socket.connecting) throw new TypeError('the socket is not connected')
  if (socket.readableLength > 0) throw new TypeError('the socket has bytes that were read already')
  if (socket.writableLength > 0) throw new TypeError('the socket has bytes that are not written yet')
  const fd = _handle?.fd
  if (typeof fd !== 'number' || fd < 0) throw new TypeError('the socket shows no descriptor')
  // The wait is one of microtasks: the host does not read in it, and so takes nothing that is the connection's.
  const conn = await net.fileConn({ fd, name: 'socket of node:net' })
  socket.destroy()
  return conn
}

/**
 * Gives a TCP or Unix stream connection to node:net: a socket with a duplicate of its descriptor, after which the
 * connection is closed here, which the peer does not notice. What waits for the connection fails as on close(). Rejects with a
 * TypeError for a connection that is no stream, and with the target's error where there are no descriptors.
 *
 * @example
 * ```ts
 * import { once } from 'node:events'
 * import { dial, listen } from '@net/core'
 * import { toSocket } from '@net/core/node'
 *
 * const listener = await listen('tcp', '127.0.0.1:0')
 * const [conn, peer] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
 * const socket = await toSocket(conn)
 * socket.end('hello')
 * console.log(await peer.read(new Uint8Array(64))) // 5
 * await Promise.all([once(socket.resume(), 'close'), peer.close(), listener.close()])
 * ```
 */
export async function toSocket(
  conn: TCPConn | UnixConn,
  options: Pick<SocketConstructorOpts, 'allowHalfOpen' | 'signal'> = {},
): Promise<Socket> {
  const { network } = conn.localAddr
  if (network !== 'tcp' && network !== 'unix') throw new TypeError(`a ${network} connection is no stream`)
  const file = await conn.file()
  let socket: Socket
  try {
    socket = new Socket({ ...options, fd: file.fd, readable: true, writable: true })
  } catch (e) {
    await file.close()
    throw e
  }
  await conn.close()
  return socket
}
