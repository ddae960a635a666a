import { kernelGroups } from '@net/posix/kernel'
import type { Row } from './row.ts'

export { allocBuffer } from '@net/posix/kernel'

/** darwin: the kernel's sockets. */
export const row = (): Row => ({ name: 'darwin', ...kernelGroups })
