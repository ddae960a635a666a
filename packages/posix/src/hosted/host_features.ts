import { platform } from 'node:os'
import { ErrWindows } from '@net/stubs'

const system = platform()

/** What only some of the systems have that the host runs on. */
export const hostHas = {
  /** Names of Unix sockets that are no paths. */
  abstractNames: system === 'linux',
  /** Named pipes in the place of Unix sockets. */
  namedPipes: system === 'win32',
  /** A file /etc/resolv.conf. */
  resolvConf: system !== 'win32',
}

/** Whether the host is Node `major.minor` or later. */
function since(major: number, minor: number): boolean {
  const [a = 0, b = 0] = process.versions.node.split('.').map(Number)
  return a > major || (a === major && b >= minor)
}

/**
 * Throws {@link ErrWindows} when `reusePort` is asked for of a host that would ignore it: Node before 22.12
 * and 23.0.
 */
export function refuseReusePort(wanted: boolean | undefined): void {
  const able = since(23, 1) || (since(22, 12) && !since(23, 0))
  if (wanted === true && !able) throw ErrWindows
}

/**
 * Throws {@link ErrWindows} for a name of the abstract namespace where the host does not bind that name: Node
 * 20 fills it up with NULs to the longest there is, so that nobody else finds it.
 */
export function refuseAbstract(name: string): void {
  if (/^[@\0]/.test(name) && !since(22, 0)) throw ErrWindows
}
