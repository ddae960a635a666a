import type { Conn } from '@net/core'

/** How a client's first words are wrong; it is hung up on. */
export class GreetingError extends Error {}

/**
 * The first bytes of a connection, of which no more than a limit is kept. The connection's read deadline
 * limits their time.
 */
export class Greeting {
  readonly #conn: Conn
  readonly #bytes: Uint8Array
  #start = 0
  #end = 0

  /** Reads from `conn`, keeping `limit` bytes at most. */
  constructor(conn: Conn, limit: number) {
    this.#conn = conn
    this.#bytes = new Uint8Array(limit)
  }

  /** What was read and not taken. */
  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end)
  }

  /** Takes the next `n` bytes. */
  async take(n: number): Promise<Uint8Array> {
    while (this.#end - this.#start < n) await this.#more()
    return this.#bytes.subarray(this.#start, (this.#start += n))
  }

  /** Takes the bytes up to the next one that is `mark`, which is taken, too, and left out. */
  async takeUntil(mark: number): Promise<Uint8Array> {
    let at = this.rest.indexOf(mark)
    for (; at < 0; at = this.rest.indexOf(mark)) await this.#more()
    return (await this.take(at + 1)).subarray(0, at)
  }

  /** Reads until `mark` has come and gives what is before it, as Latin-1 text; nothing is taken. */
  async peek(mark: string): Promise<string> {
    for (;;) {
      const text = Buffer.from(this.rest).toString('latin1')
      const at = text.indexOf(mark)
      if (at >= 0) return text.slice(0, at)
      await this.#more()
    }
  }

  async #more(): Promise<void> {
    if (this.#end === this.#bytes.byteLength) throw new GreetingError('the greeting is too long')
    const n = await this.#conn.read(this.#bytes.subarray(this.#end))
    if (n === null) throw new GreetingError('the connection ended within its greeting')
    this.#end += n
  }
}
