import { IoUring } from '../src/poll/io_uring.ts'

function refusal(): string {
  if (process.platform !== 'linux') return '(skipped: io_uring is of Linux)'
  try {
    new IoUring().close()
    return ''
  } catch (e) {
    return `(skipped: the kernel refuses io_uring: ${(e as Error).message})`
  }
}

/** Why tests of io_uring cannot run here, for their names; empty when they can. */
export const noRing = refusal()
