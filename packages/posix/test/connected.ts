import { parseIP, TCPAddr } from '@net/addr'
import type { DialOptions, ListenOptions, TCPConn } from '@net/contract'
import { listenTCPSync, posix } from '../src/index.ts'

/** 127.0.0.1 and any port. */
export const loopback = new TCPAddr(parseIP('127.0.0.1'), 0)

/** The two ends of a TCP connection, the dialled one and the accepted one, which are closed together. */
export class Connected implements AsyncDisposable {
  readonly c: TCPConn
  readonly s: TCPConn

  private constructor(c: TCPConn, s: TCPConn) {
    this.c = c
    this.s = s
  }

  /** Connects two ends over loopback. */
  static async dial(dialling: DialOptions = {}, listening: ListenOptions = {}): Promise<Connected> {
    const listener = listenTCPSync('tcp', loopback, listening)
    const dialled = posix().dialTCP('tcp', null, listener.addr, dialling)
    const [c, s] = await Promise.all([dialled, listener.accept()])
    await listener.close()
    return new Connected(c, s)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.c.close(), this.s.close()])
  }
}

/** Reads to the end of the stream. */
export async function readAll(c: TCPConn): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (;;) {
    const p = Buffer.allocUnsafe(65536)
    const n = await c.read(p)
    if (n === null) return Buffer.concat(chunks)
    chunks.push(p.subarray(0, n))
  }
}

/** Bytes that tell when one is missing or in another's place. */
export function pattern(byteLength: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(byteLength / 4))
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 2654435761)
  return new Uint8Array(words.buffer, 0, byteLength)
}
