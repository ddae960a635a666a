import type { Socket } from 'node:net'

/** What is used of the streams of Deno's event loop. */
interface DenoStream {
  /** Another descriptor of its socket, or -1 where there are none. */
  fdForIpc?(): number
  /** Takes a descriptor over. Gives 0, or what went wrong. */
  open(fd: number): number
}

interface DenoPipes {
  readonly Pipe: new (kind: number) => DenoStream
  readonly constants: { readonly SOCKET: number }
}

/** Makes a stream that writes to a socket of Deno's as to a pipe, or null where Deno cannot. The caller destroys it. */
function pipeInto(socket: Socket): Socket | null {
  const { _handle: own } = socket as unknown as { readonly _handle: DenoStream | null }
  const fd = own?.fdForIpc?.() ?? -1
  if (fd < 0) return null
  const { binding } = process as unknown as { readonly binding?: (name: 'pipe_wrap') => DenoPipes }
  if (binding === undefined) return null
  const { Pipe, constants } = binding('pipe_wrap')
  const handle = new Pipe(constants.SOCKET)
  if (handle.open(fd) !== 0) return null
  const net = process.getBuiltinModule('node:net')
  const options = { handle, readable: false, writable: true, allowHalfOpen: true }
  const pipe = new net.Socket(options)
  pipe.on('error', () => {
    // The error is not lost: the callback of the write gives it to the socket.
  })
  return pipe
}

const FIT = 4096 // bytes that every kernel takes at once of a socket that was just connected

/**
 * On Deno, has a TCP socket that was dialled or accepted write through a pipe as long as it has read nothing. A TCP socket of
 * Deno's whose write finds no room looks whether the end of the stream has come, and if it has, and no byte before it, takes
 * that for the end of the connection and fails the write with EPIPE: a peer that half-closes first would never get a long
 * answer (`poll_tcp_handle` in Deno's `libs/core/uv_compat/tcp.rs`). Its pipes do not look, and any descriptor of the socket
 * will do for one. Elsewhere, and on Windows, where Deno shows no descriptor, the socket is left as it is.
 */
export function writeThroughPipe(socket: Socket, how: 'dialled' | 'accepted'): void {
  if (process.versions.deno === undefined) return
  // A request that fits needs no pipe, and what answers it says that none is needed later. Of a socket that was just accepted
  // Deno does not know that it has room.
  let fits = how === 'dialled' ? FIT : 0
  let pipe: Socket | null = null
  const write = socket._write.bind(socket)
  socket._write = (piece: Uint8Array, encoding, then) => {
    fits -= piece.byteLength
    if (socket.bytesRead > 0) release()
    else if (fits < 0) pipe ??= pipeInto(socket)
    if (pipe === null) write(piece, encoding, then)
    else pipe.write(piece, then)
  }
  const release = (): void => {
    pipe?.destroy()
    pipe = null
  }
  socket.once('close', release)
}
