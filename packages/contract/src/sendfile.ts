import type { IOOptions } from './closer.ts'
import type { Conn } from './conn.ts'

/**
 * What can be sent whole: an open file (a `FileHandle`, or a descriptor's number), the bytes of a stream or of an iteration,
 * or what comes in on another connection.
 */
export type FileSource =
  number | { readonly fd: number } | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Conn

/** Options of sending a file. */
export interface SendFileOptions extends IOOptions {
  /**
   * Where in a file to begin, in bytes; the file's own position then stays as it is. Absent means at that position, which
   * moves along. Only files have it.
   */
  readonly offset?: number | undefined
  /** How many bytes to send at most; absent means to the end. */
  readonly length?: number | undefined
}

/** Sending whole files of a target. */
export interface SendfileGroup {
  /**
   * Sends what `source` has on a stream connection and gives the number of bytes sent, which is less than
   * `length` where the source ends before. Rejects with an {@link OpError} of op 'readfrom' whose `n` is the
   * number of bytes sent before; what was taken from a stream or connection and not sent by then is lost. A
   * file stays open; a stream, or an iteration, that did not end by itself is cancelled. Or with the signal's
   * reason; with a TypeError for what is no source.
   */
  sendFile(conn: Conn, source: FileSource, options?: SendFileOptions): Promise<number>
}
