import type { Conn } from '@net/contract'

/**
 * The byte stream a session runs over: any stream connection. `read` gives null at the end; `close` makes pending
 * reads and writes reject. The session owns it and closes it when it ends.
 */
export type Stream = Pick<Conn, 'read' | 'write' | 'close'>
