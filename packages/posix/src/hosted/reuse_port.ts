import { ErrWindows } from '@net/stubs'

/** The first versions of Node that have the option, oldest line first: major, minor. */
const since = [
  [22, 12],
  [23, 1],
] as const

function hasReusePort(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 23 || since.some(([a, b]) => major === a && minor >= b)
}

/** Throws {@link ErrWindows} when the option is asked for and the host would ignore it. */
export function refuseReusePort(wanted: boolean | undefined): void {
  if (wanted === true && !hasReusePort(process.versions.node)) throw ErrWindows
}
