import { posixRefusal } from '@net/posix'
import { row as darwin } from './darwin.ts'
import { row as freebsd } from './freebsd.ts'
import { row as linux } from './linux.ts'
import { row as openbsd } from './openbsd.ts'
import type { Row } from './row.ts'
import { row as windows } from './windows.ts'

export { allocBuffer } from '@net/posix'

// Android's kernel is linux.
const kernels: Partial<Record<NodeJS.Platform, () => Row>> = {
  android: linux,
  darwin,
  freebsd,
  linux,
  openbsd,
}

/**
 * The target of the running system: its kernel's sockets, or those of the JavaScript host where the kernel's cannot be
 * reached, with the reason as `fallbackCause`.
 */
export function row(): Row {
  const kernel = kernels[process.platform]
  if (kernel === undefined) return windows()
  const fallbackCause = posixRefusal()
  return fallbackCause === null ? kernel() : { ...windows(), name: 'hosted', fallbackCause }
}
