import type { Target } from '@net/contract'
import { copyingSendfileGroup, hostIPSockGroup } from '@net/io'
import { ErrWindows, fileStubs, interfaceStubs, ipRawSockStubs } from '@net/stubs'
import { hostedLookupGroup } from './lookup.ts'
import { hostedTCPSockGroup } from './tcpsock.ts'
import { hostedUDPSockGroup } from './udpsock.ts'
import { hostedUnixSockGroup } from './unixsock.ts'

/**
 * The host's own sockets, `node:net` and `node:dgram`, as a target: what `windows` is made of, and what works
 * where there is no foreign function interface. The promises are those of every target. What the host lacks
 * refuses with an {@link OpError} whose cause is `ErrWindows`: raw IP (Windows has it, see
 * `windowsIPRawSockGroup`), descriptors (`file`, `syscallConn`, the file group), interfaces (the host tells neither index nor MTU;
 * Windows does, see `windowsInterfaceGroup`), Unix datagrams, sequenced packets and
 * control messages, a local name for dialUnix, `control`, `bindToDevice`, the buffer sizes of streams,
 * setLinger above 0, keep-alive intervals and counts (the host uses 1 s and 10), setUnlinkOnClose(false),
 * `reuseAddress: false` for TCP, `reusePort` before Node 22.12 and 23.1, and names of the abstract namespace
 * before Node 22.
 *
 * Limits of the host:
 * - It cannot stop accepting, so `backlog` limits nothing for long: connections that nobody has accepted queue in the process,
 *   each with its descriptor. When no descriptor is left the host closes the connection it could not accept.
 * - It reads up to 192 KiB ahead of a stream's reader, and datagrams whether or not they are read: those queue up to the
 *   size of the receive buffer, more are dropped.
 * - A piece of a write (up to 128 KiB) that it was given cannot be taken back. A deadline, signal or close counts it in `n`,
 *   and when nothing was left to give the write succeeds. Such a piece keeps the process alive, also after `unref`, until
 *   the peer takes it; close gives it 5 s, then resets.
 * - On Deno a TCP connection that has read nothing yet takes a second descriptor to write more than 4 KiB, or anything when it was
 *   accepted; on Windows, where Deno shows none, such a write fails with EPIPE when the peer has half-closed and the kernel has no
 *   room, and the connection with it.
 * - An error of the connection is kept: every read after what had arrived tells it, where a kernel tells it once.
 * - The names of Unix sockets are not told: the dialled end is unnamed, the accepted one has the listener's name.
 * - Local addresses of a listening Unix socket are removed from the file system at close. On Windows names are pipes':
 *   '\\\\.\\pipe\\name'.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { hosted } from '@net/posix'
 *
 * const host = hosted()
 * const listener = await host.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const conn = await host.dialTCP('tcp', null, listener.addr)
 * await Promise.all([conn.close(), listener.close()])
 * ```
 */
export function hosted(): Target {
  return {
    name: 'hosted',
    ...fileStubs(ErrWindows),
    ...interfaceStubs(ErrWindows),
    ...ipRawSockStubs(ErrWindows),
    ...hostIPSockGroup,
    ...hostedLookupGroup,
    ...copyingSendfileGroup,
    ...hostedTCPSockGroup,
    ...hostedUDPSockGroup,
    ...hostedUnixSockGroup,
  }
}
