import { ErrDeadlineExceeded, type DialOptions } from '@net/contract'
import { deadlineAt } from '@net/io'

/** Throws the signal's reason, or the time-out, of a dial that is over before it began. */
export function checkDial(options: DialOptions): void {
  options.signal?.throwIfAborted()
  if (deadlineAt(options.deadline ?? null) <= performance.now()) throw ErrDeadlineExceeded
}
