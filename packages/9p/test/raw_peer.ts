import { decodeMessage, encodedMessage, type Message9P, type Stream } from '../src/index.ts'

/** One end of a session by hand: messages as they are, right or wrong. */
export class RawPeer {
  readonly #stream: Stream
  #bytes: Buffer = Buffer.alloc(0)

  constructor(stream: Stream) {
    this.#stream = stream
  }

  /** Sends messages, or bytes as they are, in one write. */
  async send(...messages: (Message9P | Uint8Array | string)[]): Promise<void> {
    const parts = messages.map((m) =>
      typeof m === 'string'
        ? Buffer.from(m.replaceAll(' ', ''), 'hex')
        : m instanceof Uint8Array
          ? m
          : encodedMessage(m),
    )
    await this.#stream.write(new Uint8Array(Buffer.concat(parts)))
  }

  /** Gives the next message; null at the end of the stream. */
  async next(): Promise<Message9P | null> {
    while (this.#bytes.length < 4 || this.#bytes.length < this.#bytes.readUInt32LE()) {
      const p = new Uint8Array(4096)
      const n = await this.#stream.read(p)
      if (n === null) return null
      this.#bytes = Buffer.concat([this.#bytes, p.subarray(0, n)])
    }
    const size = this.#bytes.readUInt32LE()
    const frame = new Uint8Array(this.#bytes.subarray(0, size))
    this.#bytes = this.#bytes.subarray(size)
    return decodeMessage(frame)
  }

  /** Sends a message and gives the next one that comes. */
  async ask(message: Message9P | Uint8Array | string): Promise<Message9P | null> {
    await this.send(message)
    return this.next()
  }

  async close(): Promise<void> {
    await this.#stream.close()
  }
}
