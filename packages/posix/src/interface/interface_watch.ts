import { OpError, type IOOptions } from '@net/contract'
import { ErrUnsupported } from '@net/stubs'
import { abi } from '../abi/system.ts'
import type { InterfaceWatch } from './interface_event.ts'
import { ffi } from '../sys/ffi.ts'
import { watchLinux } from './interface_watch_linux.ts'

/**
 * Watches interfaces, addresses and routes in the network namespace of the calling thread, from now on: to
 * know all of them, begin to watch and then list them. When `signal` is aborted the iteration ends quietly,
 * as by close. The kernel does not tell about IPv4 routes that go because their interface went down.
 *
 * Only on linux, rtnetlink(7); elsewhere, and when the kernel refuses a socket, it throws an {@link OpError}
 * of operation 'listen' and network 'netlink'.
 *
 * @example
 * ```ts
 * import { watchInterfaces } from '@net/posix'
 *
 * const watch = watchInterfaces({ signal: AbortSignal.timeout(10) })
 * for await (const event of watch) {
 *   if (event.kind === 'overflow') break // events were lost: list everything anew
 * }
 * ```
 */
export function watchInterfaces(options: IOOptions = {}): InterfaceWatch {
  ffi()
  if (!abi.has.netlink) throw new OpError('listen', 'netlink', null, null, ErrUnsupported)
  return watchLinux(options)
}
