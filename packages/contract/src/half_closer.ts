import type { Conn } from './conn.ts'

/** A stream connection that can shut down each side, which is what its web streams need. */
export interface HalfCloser extends Conn {
  /**
   * Shuts down the read side. Pending and later reads give `null`. Rejects with an {@link OpError} of op
   * 'close' after close, and where the system cannot: ENOTCONN once the peer has reset.
   */
  closeRead(): Promise<void>
  /**
   * Shuts down the write side. Rejects with an {@link OpError} of op 'close' after close, with ENOTCONN once
   * the peer has reset, and with EPLAN9 on plan9, whose streams have no half-close.
   */
  closeWrite(): Promise<void>
}
