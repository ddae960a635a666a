import { kernelRow } from './kernel.ts'
import type { Row } from './row.ts'

export { allocBuffer } from './kernel.ts'

/** openbsd: the kernel's sockets. */
export const row = (): Row => kernelRow('openbsd')
