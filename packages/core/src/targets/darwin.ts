import { kernelRow } from './kernel.ts'
import type { Row } from './row.ts'

export { allocBuffer } from './kernel.ts'

/** darwin: the kernel's sockets. */
export const row = (): Row => kernelRow('darwin')
