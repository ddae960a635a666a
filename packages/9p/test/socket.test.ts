import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import {
  Client,
  ORDWR,
  RemoteFile,
  serve9P,
  type ServerSession,
  SessionError,
  type Stream,
} from '../src/index.ts'
import { MemoryTree } from './memory_tree.ts'

/** A node:net socket as the stream of a session. */
class SocketStream implements Stream {
  readonly #socket: Socket
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay()
    socket.on('error', () => {})
    for (const event of ['readable', 'end', 'close']) socket.on(event, () => this.#wake())
  }

  async read(p: Uint8Array): Promise<number | null> {
    for (;;) {
      const ready = Math.min(this.#socket.readableLength, p.length)
      const bytes = this.#socket.read(ready > 0 ? ready : undefined) as Buffer | null
      if (bytes !== null) {
        p.set(bytes)
        return bytes.length
      }
      if (this.#socket.destroyed || this.#socket.readableEnded) return null
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async write(p: Uint8Array): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.write(p, (error) => {
        if (error) reject(error)
        else resolve()
      })
    })
    return p.length
  }

  async close(): Promise<void> {
    this.#socket.destroy()
    this.#wake()
  }
}

const servers: Server[] = []

async function listen(
  tree: MemoryTree,
): Promise<{ sessions: ServerSession[]; sockets: Socket[]; dial: () => Promise<Client> }> {
  const sessions: ServerSession[] = []
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    sessions.push(serve9P(new SocketStream(socket), tree))
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const dial = async (): Promise<Client> => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return Client.connect(new SocketStream(socket))
  }
  return { sessions, sockets, dial }
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close()
    await once(server, 'close')
  }
})

describe('over TCP', () => {
  test('20 sessions at a time carry their bytes unchanged', async () => {
    const tree = new MemoryTree()
    const { sessions, dial } = await listen(tree)
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        await using client = await dial()
        const root = await client.attach()
        const data = new Uint8Array(1 << 20).map((_x, k) => k * (i + 1) + (k >>> 9))
        const file = await RemoteFile.create(root, `f${i}`, 0o644, ORDWR)
        await file.write(data)
        const all = new Uint8Array(data.length)
        const piece = 100_000
        await Promise.all(
          Array.from({ length: Math.ceil(all.length / piece) }, async (_x, k) => {
            const p = all.subarray(k * piece, (k + 1) * piece)
            expect(await file.readAt(p, k * piece)).toBe(p.length)
          }),
        )
        expect(Buffer.compare(all, data)).toBe(0)
      }),
    )
    await Promise.all(sessions.map((session) => session.done))
    expect(sessions).toHaveLength(20)
    for (const session of sessions) expect(session.requests).toBe(session.replies + session.dropped)
    expect(tree.open).toBe(0)
  })

  test('a connection that breaks ends its session at both ends, and no other', async () => {
    const tree = new MemoryTree()
    const queue = tree.queue('q')
    const { sessions, sockets, dial } = await listen(tree)
    const clients = [await dial(), await dial()]
    const files = await Promise.all(
      clients.map(async (client) => RemoteFile.open(await client.attach(), 'q')),
    )
    const reads = files.map((file) => file.read(new Uint8Array(8)))
    const broken = expect(reads[0]).rejects.toThrow(SessionError)
    while (queue.waiting < 2) await new Promise<void>((resolve) => setImmediate(resolve))
    sockets[0]?.resetAndDestroy()
    await broken
    await sessions[0]?.done
    expect(queue.waiting).toBe(1)
    queue.put(1)
    expect(await reads[1]).toBe(1)
    await Promise.all(clients.map((client) => client.close()))
    await sessions[1]?.done
    expect(tree.open).toBe(0)
  })
})
