import { Duplex } from 'node:stream'
import type { Conn } from '@net/contract'

const CHUNK = 65536 // bytes of a read

/** A stream connection as Node's streams want it; for the TLS of Node. Destroying it closes the connection. */
export class ConnDuplex extends Duplex {
  readonly #conn: Conn

  /** Takes over a connection. */
  constructor(conn: Conn) {
    super({ allowHalfOpen: true })
    this.#conn = conn
  }

  override _read(): void {
    const p = new Uint8Array(CHUNK)
    this.#conn.read(p).then(
      (n) => this.push(n === null ? null : p.subarray(0, n)),
      (error: unknown) => this.destroy(asError(error)),
    )
  }

  override _write(p: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    this.#conn.write(p).then(
      () => {
        done()
      },
      (error: unknown) => {
        done(asError(error))
      },
    )
  }

  override _final(done: (error?: Error) => void): void {
    const conn: Conn & { closeWrite?(): Promise<void> } = this.#conn
    // A peer that has gone has no use for the end.
    const end = (): void => {
      done()
    }
    if (conn.closeWrite === undefined) end()
    else conn.closeWrite().then(end, end)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const end = (): void => {
      done(error)
    }
    this.#conn.close().then(end, end)
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
