import type { Readable, Writable } from 'node:stream'

/** Where netx reads from and writes to. */
export interface Terminal {
  /** What is sent. */
  readonly input: Readable
  /** Where what is received goes, and what was asked for. */
  readonly output: Writable
  /** Where messages go. */
  readonly messages: Writable
}
