import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/**
 * A server of 9P2000 that behaves badly: it says 'nothing' at all, falls silent once a session stands
 * ('attached'), answers every read with data and so never comes to an end ('chatter'), or refuses everything
 * in words of its own, once a session stands if it is `attached`.
 */
export type Manner =
  'nothing' | 'attached' | 'chatter' | { readonly words: string; readonly attached?: boolean }

const T = { version: 100, attach: 104, flush: 108, walk: 110, open: 112, read: 116, write: 118, clunk: 120 }
const ERROR = 107
const QID = Buffer.alloc(13)

/** A {@link Manner} that listens. */
export class NineServer implements AsyncDisposable {
  readonly #server = createServer()
  readonly #sockets = new Set<Socket>()

  static async start(manner: Manner): Promise<NineServer> {
    const server = new NineServer()
    server.#server.on('connection', (socket) => {
      server.#sockets.add(socket.on('error', () => {}))
      let got = Buffer.alloc(0)
      socket.on('data', (chunk: Buffer) => {
        got = Buffer.concat([got, chunk])
        for (
          let size;
          got.length >= 4 && got.length >= (size = got.readUInt32LE());
          got = got.subarray(size)
        ) {
          const answer = answerTo(got.subarray(4, size), manner)
          if (answer !== null) socket.write(answer)
        }
      })
    })
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  /** As netx's --net takes it. */
  get address(): string {
    return `tcp!127.0.0.1!${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

// type[1] tag[2] and what belongs to the type
function answerTo(request: Buffer, manner: Manner): Buffer | null {
  const [type, tag] = [request.readUInt8(), request.subarray(1, 3)]
  const message = (kind: number, ...parts: Buffer[]): Buffer => {
    const body = Buffer.concat([Buffer.from([kind]), tag, ...parts])
    const size = Buffer.alloc(4)
    size.writeUInt32LE(4 + body.length)
    return Buffer.concat([size, body])
  }
  if (manner === 'nothing') return null
  if (type === T.version) return message(type + 1, request.subarray(3))
  if (typeof manner === 'object' && !(manner.attached === true && type === T.attach)) {
    const words = Buffer.from(manner.words)
    return message(ERROR, Buffer.from([words.length & 255, words.length >> 8]), words)
  }
  if (type === T.attach) return message(type + 1, QID)
  if (manner === 'attached') return null
  if (type === T.walk) {
    const names = request.readUInt16LE(11)
    return message(type + 1, Buffer.from([names, 0]), ...Array.from({ length: names }, () => QID))
  }
  if (type === T.open) return message(type + 1, QID, Buffer.alloc(4))
  if (type === T.write) return message(type + 1, request.subarray(15, 19))
  if (type === T.flush || type === T.clunk) return message(type + 1)
  const line = Buffer.from('/net/tcp/clone 127.0.0.1!9\n')
  return message(type + 1, Buffer.from([line.length, 0, 0, 0]), line)
}
