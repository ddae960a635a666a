import type { Conn } from './conn.ts'

/** A stream connection that can shut down each side, which is what its web streams need. */
export interface HalfCloser extends Conn {
  /** Shuts down the read side. */
  closeRead(): Promise<void>
  /** Shuts down the write side. */
  closeWrite(): Promise<void>
}
