import { posixRefusal } from '@net/posix'
import { kernelRow } from './kernel.ts'
import type { Row } from './row.ts'
import { row as windows } from './windows.ts'

export { allocBuffer } from './kernel.ts'

const kernels: readonly string[] = ['darwin', 'freebsd', 'linux', 'openbsd']

/**
 * The target of the running system: its kernel's sockets, or those of the JavaScript host where the kernel's cannot be
 * reached, with the reason as `fallbackCause`.
 */
export function row(): Row {
  const { platform } = process
  if (!kernels.includes(platform)) return windows()
  const fallbackCause = posixRefusal()
  return fallbackCause === null ? kernelRow(platform) : { ...windows(), name: 'hosted', fallbackCause }
}
