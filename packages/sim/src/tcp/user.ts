/** Whoever uses a connection: told, of what it wants to know, when something may have become possible. */
export interface ConnectionUser {
  /** It has become established, or has failed before it did. */
  onOpened?(): void
  /** There is more to read, or the end, or an error. */
  onReadable?(): void
  /** There is room to write, or an error. */
  onWritable?(): void
  /** Everything that was sent is acknowledged, or the connection is gone. */
  onDrained?(): void
}

/** Who uses a connection that is handed to nobody yet, or was left behind. */
export const NOBODY: ConnectionUser = {}
