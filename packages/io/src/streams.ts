import { type ByteStreams, type HalfCloser, isBytes } from '@net/contract'

/** What {@link ConnStreams} needs of a connection. Where there is no half-close, `closeWrite` may leave the end to `close`. */
export type StreamEnds = Pick<HalfCloser, 'read' | 'write' | 'close' | 'closeWrite'>

const CHUNK = 65536 // bytes per read: enough to keep system calls rare, small enough to hold one per connection

/**
 * Makes the web streams of a stream connection: what a target's connection returns from `readable` and `writable`.
 * Reads follow demand, so a reader that stops makes the peer wait. When both have ended the connection is closed, and
 * cancelling or aborting either closes it at once, as with Deno's connections.
 *
 * @example
 * ```ts
 * import { ConnStreams } from '@net/io'
 *
 * const sent = ['a', 'b']
 * const ends = {
 *   read: async (p: Uint8Array) => (sent.length === 0 ? null : new TextEncoder().encodeInto(sent.shift() ?? '', p).written),
 *   write: async (p: Uint8Array) => p.byteLength,
 *   closeRead: async () => {},
 *   closeWrite: async () => {},
 *   close: async () => {},
 * }
 * console.log(await new Response(new ConnStreams(ends).readable).text()) // ab
 * ```
 */
export class ConnStreams implements ByteStreams {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  readonly writable: WritableStream<Uint8Array>
  readonly #conn: StreamEnds
  #open = 2

  /** Makes the streams of `conn`. */
  constructor(conn: StreamEnds) {
    this.#conn = conn
    this.readable = new ReadableStream({
      type: 'bytes',
      pull: (controller) => this.#pull(controller),
      cancel: () => conn.close(),
    }) as ReadableStream<Uint8Array<ArrayBuffer>>
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        const { signal } = controller as WritableStreamDefaultController & { readonly signal: AbortSignal }
        // Aborting waits for the write under way, which may wait for the peer: close under it.
        const close = (): void => void conn.close().catch(() => {}) // abort, below, tells
        signal.addEventListener('abort', close, { once: true })
      },
      write: async (chunk) => {
        await conn.write(chunk)
      },
      close: async () => {
        await conn.closeWrite()
        await this.#end()
      },
      abort: () => conn.close(),
    })
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    const request = controller.byobRequest
    const into = request?.view
    const p = isBytes(into)
      ? into
      : into
        ? new Uint8Array(into.buffer, into.byteOffset, into.byteLength)
        : new Uint8Array(CHUNK)
    const n = await this.#conn.read(p)
    if (n === null) {
      controller.close()
      request?.respond(0)
      await this.#end()
    } else if (request) {
      request.respond(n)
    } else {
      controller.enqueue(p.subarray(0, n))
    }
  }

  async #end(): Promise<void> {
    if (--this.#open === 0) await this.#conn.close()
  }
}
