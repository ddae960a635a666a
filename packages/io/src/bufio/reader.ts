import { type Addr } from '@net/addr'
import { type IOOptions, OpError } from '@net/contract'

/** What bytes are read from, as Go's io.Reader: a connection, or what stands before one. */
export interface Reader {
  /**
   * Reads up to `p.byteLength` bytes into `p` and gives their number, or `null` at the end. Until the promise settles `p`
   * belongs to the reader. Rejects with the reader's own errors, or with the signal's reason.
   */
  read(p: Uint8Array, options?: IOOptions): Promise<number | null>
}

/** What bytes are written to, as Go's io.Writer: a connection, or what stands before one. */
export interface Writer {
  /**
   * Writes all of `p` and gives its length, or rejects with the writer's own errors, or with the signal's reason. Until the
   * promise settles `p` belongs to the writer.
   */
  write(p: Uint8Array, options?: IOOptions): Promise<number>
}

/** The error of a read from `reader`, with its addresses where it has some. */
export function readError(reader: Reader, cause: Error): OpError {
  const { localAddr = null, remoteAddr = null } = reader as { localAddr?: Addr; remoteAddr?: Addr }
  return new OpError('read', localAddr?.network ?? '', localAddr, remoteAddr, cause)
}
