import type { Conn } from '@net/contract'

/**
 * The byte stream a session runs over: any stream connection. `read` gives null at the end; `close` makes
 * pending reads and writes reject. The session owns it and closes it when it ends.
 */
export interface Stream extends Pick<Conn, 'read' | 'write' | 'close'> {
  /** Writes all of several buffers, in order, and gives their length. Absent: they are written one by one. */
  writev?(buffers: readonly Uint8Array[]): Promise<number>
}
