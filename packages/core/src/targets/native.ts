import { hostedReason, kernelGroups } from '@net/posix/kernel'
import { windowsLater } from './later.ts'
import type { Row } from './row.ts'

export { allocBuffer } from '@net/posix/kernel'

/** The target of each system whose kernel has sockets that can be reached; Android's kernel is linux. */
const kernels: Partial<Record<NodeJS.Platform, string>> = {
  android: 'linux',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  openbsd: 'openbsd',
}

/**
 * The target of the running system: its kernel's sockets, or those of the JavaScript host where the kernel's cannot be
 * reached or cost more, with the reason as `fallbackCause`.
 */
export function row(): Row {
  const kernel = kernels[process.platform]
  if (kernel === undefined) return { name: 'windows', ...windowsLater() }
  const fallbackCause = hostedReason()
  if (fallbackCause !== null) return { name: 'hosted', fallbackCause, ...windowsLater() }
  return { name: kernel, ...kernelGroups }
}
