import { createServer, connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseIP, TCPAddr } from '@net/addr'
import { OpError, type Conn, type FileSource, type IOOptions } from '@net/contract'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '../src/leak.ts'
import { copyingSendfileGroup } from '../src/index.ts'

// Node asks its thread pool for the first time, which keeps its descriptors.
const dir = mkdtempSync(join(tmpdir(), 'net-io-'))
const path = join(dir, 'data')
const data = Buffer.from(Uint32Array.from({ length: 100_000 }, (_, i) => Math.imul(i, 2654435761)).buffer)
writeFileSync(path, data)
await (await open(path)).close()
const check = ledger(keepLeaks())
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

const { sendFile } = copyingSendfileGroup

/** A connection of Node's with as much of {@link Conn} as copying takes. */
class Plain {
  readonly socket: Socket
  readonly localAddr: TCPAddr
  readonly remoteAddr: TCPAddr

  constructor(socket: Socket) {
    this.socket = socket
    this.localAddr = new TCPAddr(parseIP('127.0.0.1'), socket.localPort ?? 0)
    this.remoteAddr = new TCPAddr(parseIP('127.0.0.1'), socket.remotePort ?? 0)
  }

  write(p: Uint8Array, { signal }: IOOptions = {}): Promise<number> {
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      this.socket.write(p.slice(), (e) => {
        if (e)
          reject(Object.assign(new OpError('write', 'tcp', this.localAddr, this.remoteAddr, e), { n: 0 }))
        else resolve(p.byteLength)
      })
    })
  }

  async read(p: Uint8Array, { signal }: IOOptions = {}): Promise<number | null> {
    for (;;) {
      const got = this.socket.read(Math.min(p.byteLength, this.socket.readableLength || 1)) as Buffer | null
      if (got !== null) {
        p.set(got)
        return got.byteLength
      }
      if (this.socket.readableEnded) return null
      await Promise.race([once(this.socket, 'readable', { signal }), once(this.socket, 'end', { signal })])
    }
  }
}

async function connected(): Promise<{ conn: Conn; plain: Plain; peer: Plain; end(): Promise<void> }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  const [other] = await accepted
  const plain = new Plain(socket)
  return {
    conn: plain as unknown as Conn,
    plain,
    peer: new Plain(other),
    async end() {
      const gone = [socket, other].filter((s) => !s.closed).map((s) => once(s, 'close'))
      socket.destroy()
      other.destroy()
      await Promise.all(gone)
      server.close()
      await once(server, 'close')
    },
  }
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('copyingSendfileGroup.sendFile()', () => {
  test('copies files by handle, number and stream, from an offset, up to a length', async () => {
    const { conn, plain, peer, end } = await connected()
    const received = readAll(peer.socket)
    const file = await open(path)
    expect(await sendFile(conn, file)).toBe(data.byteLength)
    expect(await sendFile(conn, file)).toBe(0)
    expect(await sendFile(conn, file.fd, { offset: 3, length: 70_000 })).toBe(70_000)
    expect(await sendFile(conn, file, { offset: data.byteLength - 2, length: 5 })).toBe(2)
    expect(await sendFile(conn, createReadStream(path), { length: 100_001 })).toBe(100_001)
    expect(await sendFile(conn, new Blob(['blob']).stream())).toBe(4)
    expect(await sendFile(conn, file, { length: 0 })).toBe(0)
    await file.close()
    plain.socket.end()
    const parts = [
      data,
      data.subarray(3, 70_003),
      data.subarray(-2),
      data.subarray(0, 100_001),
      Buffer.from('blob'),
    ]
    expect(Buffer.compare(await received, Buffer.concat(parts))).toBe(0)
    await end()
  })

  test('copies what comes in on another connection, and takes no more than the length', async () => {
    const left = await connected()
    const right = await connected()
    const received = readAll(right.peer.socket)
    left.plain.socket.write('abcdef')
    expect(await sendFile(right.conn, left.peer as unknown as Conn, { length: 4 })).toBe(4)
    left.plain.socket.end('ghi')
    expect(await sendFile(right.conn, left.peer as unknown as Conn)).toBe(5)
    right.plain.socket.end()
    expect((await received).toString()).toBe('abcdefghi')
    await left.end()
    await right.end()
  })

  test('tells what went before an error, whose cause is the source’s or the connection’s', async () => {
    const { conn, plain, peer, end } = await connected()
    const fault = new Error('mine')
    const failing = (async function* () {
      yield Uint8Array.of(1, 2)
      await Promise.resolve()
      throw fault
    })()
    const e: unknown = await sendFile(conn, failing).catch((e: unknown) => e)
    const at = `readfrom tcp ${plain.localAddr.toString()}->${plain.remoteAddr.toString()}`
    expect(e).toBeInstanceOf(OpError)
    expect(e).toMatchObject({ message: `${at}: mine`, op: 'readfrom', cause: fault, n: 2 })
    await expect(sendFile(conn, 1_000_000)).rejects.toMatchObject({ op: 'readfrom', code: 'EBADF', n: 0 })
    await expect(sendFile(conn, 0, { offset: -1 })).rejects.toMatchObject({
      message: `${at}: sendfile: invalid argument`,
      code: 'EINVAL',
    })
    plain.socket.destroy()
    await expect(sendFile(conn, new Blob(['x']).stream())).rejects.toMatchObject({ op: 'readfrom', n: 0 })
    peer.socket.destroy()
    await end()
  })

  test('a signal ends the wait for the source, with its reason, and cancels a stream', async () => {
    const { conn, end } = await connected()
    const reason = { mine: true }
    const cancelled: unknown[] = []
    const silent = new ReadableStream<Uint8Array>({ cancel: (why) => void cancelled.push(why) })
    const controller = new AbortController()
    const sent = sendFile(conn, silent, { signal: controller.signal })
    setImmediate(() => {
      controller.abort(reason)
    })
    await expect(sent).rejects.toBe(reason)
    await expect(sendFile(conn, 0, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(cancelled).toEqual([reason])
    await end()
  })

  test('a wrong kind of argument is a TypeError', async () => {
    const { conn, end } = await connected()
    for (const wrong of ['path', null, {}, undefined, NaN, new Uint8Array(1)]) {
      await expect(sendFile(conn, wrong as FileSource)).rejects.toThrow(TypeError)
    }
    await expect(sendFile(conn, new Blob(['x']).stream(), { offset: 1 })).rejects.toThrow(TypeError)
    await expect(sendFile(conn, 0, { length: '1' as unknown as number })).rejects.toThrow(TypeError)
    await end()
  })
})
