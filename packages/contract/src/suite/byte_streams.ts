import type { ByteStreams, Conn } from '../conn.ts'
import { ErrClosed, isErr } from '../index.ts'
import { equal, equalBytes, held, ok, rejects, show } from './assert.ts'
import { concat, pattern, readFull, readToEnd } from './bytes.ts'
import type { ConnPair, ConnTest } from './conn_maker.ts'
import { rejectsClosed } from './op_error.ts'
import { delay, settled } from './part.ts'

type Streaming = Conn & ByteStreams

/** Registers the statements about `readable` and `writable`. */
export function testByteStreams(x: ConnTest): void {
  reading(x)
  writing(x)
  ending(x)
}

function ends(pair: ConnPair): [Streaming, Streaming] {
  return [pair.c1 as Streaming, pair.c2 as Streaming]
}

async function all(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return concat(chunks)
}

function reading(x: ConnTest): void {
  x.states('readable gives the bytes up to the end, and is made once', async (pair) => {
    const [c1, c2] = ends(pair)
    ok(c2.readable === c2.readable, 'readable is another stream each time')
    const want = pattern(300_000)
    const write = async (): Promise<void> => {
      await c1.write(want)
      await c1.close()
    }
    const [got] = await Promise.all([all(c2.readable), write()])
    equalBytes(got, want, 'what arrived')
  })
  x.states('readable is a byte stream: a BYOB reader reads into its own buffer', async (pair) => {
    const [c1, c2] = ends(pair)
    const reader = c2.readable.getReader({ mode: 'byob' })
    const [{ value, done }] = await Promise.all([
      reader.read(new Uint8Array(new ArrayBuffer(100), 10, 50)),
      c1.write(pattern(20)),
    ])
    ok(!done, 'the stream ended')
    equal(value.byteOffset, 10, 'offset of the part filled')
    equal(value.buffer.byteLength, 100, 'length of the buffer')
    equalBytes(value, pattern(20), 'what was read')
    await c1.close()
    equal((await reader.read(new Uint8Array(10))).done, true, 'done at the end')
  })
  x.states('readable that is not read makes the writer wait', async (pair) => {
    const [c1, c2] = ends(pair)
    const { readable } = c2
    let written = 0
    let pending: Promise<unknown> | null = null
    while (pending === null && written < 64 << 20) {
      const write = held(c1.write(new Uint8Array(65536)))
      if (await Promise.race([write.then(() => true), delay(300).then(() => false)])) written += 65536
      else pending = write
    }
    ok(pending !== null, `${written} bytes were taken from the writer although nobody reads`)
    const draining = all(readable)
    await pending
    await c1.close()
    equal((await draining).byteLength, written + 65536, 'bytes that arrived')
  })
  x.states('cancelling readable closes the connection', async (pair) => {
    const [c1] = ends(pair)
    const reader = c1.readable.getReader()
    const pending = reader.read()
    ok(!(await settled(pending)), 'read() of the stream ended')
    await reader.cancel()
    equal((await pending).done, true, 'done of the pending read')
    await rejectsClosed(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read'))
    await rejectsClosed(() => c1.write(pattern(10)), x.shape(c1, 'write'))
  })
}

function writing(x: ConnTest): void {
  if (x.options.halfClose !== true) {
    x.states('writable sends, and closing it leaves reading alone', async (pair) => {
      const [c1, c2] = ends(pair)
      const writer = c1.writable.getWriter()
      await Promise.all([writer.write(pattern(10_000)), readFull(c2, 10_000)])
      await writer.close()
      await Promise.all([c2.write(pattern(10)), readFull(c1, 10)])
    })
    return
  }
  x.states('writable sends, and closing it lets the peer read to the end', async (pair) => {
    const [c1, c2] = ends(pair)
    ok(c1.writable === c1.writable, 'writable is another stream each time')
    const write = async (): Promise<void> => {
      const writer = c1.writable.getWriter()
      for (let i = 0; i < 10; i++) await writer.write(pattern(10_000, i + 1))
      await writer.close()
    }
    const [got] = await Promise.all([readToEnd(c2), write()])
    equalBytes(got, concat(Array.from({ length: 10 }, (_, i) => pattern(10_000, i + 1))), 'what arrived')
    await Promise.all([c2.write(pattern(10)), readFull(c1, 10)])
  })
  x.states('pipeThrough() and pipeTo() carry a connection', async (pair) => {
    const [c1, c2] = ends(pair)
    const upper = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        controller.enqueue(chunk.map((b) => b ^ 0x20))
      },
    })
    const echoing = c2.readable.pipeThrough(upper).pipeTo(c2.writable)
    const want = new TextEncoder().encode('a message for the other end')
    const write = async (): Promise<void> => {
      const writer = c1.writable.getWriter()
      await writer.write(want)
      await writer.close()
    }
    const [got] = await Promise.all([all(c1.readable), write(), echoing])
    equalBytes(
      got,
      want.map((b) => b ^ 0x20),
      'what came back',
    )
  })
}

function ending(x: ConnTest): void {
  x.states('the connection is closed when both of its streams have ended', async (pair) => {
    const [c1, c2] = ends(pair)
    await Promise.all([c1.writable.close(), c2.close(), all(c1.readable)])
    await rejectsClosed(() => c1.read(new Uint8Array(8)), x.shape(c1, 'read'))
  })
  x.states('aborting writable closes the connection, also while a write waits', async (pair) => {
    const [c1, c2] = ends(pair)
    const writer = c1.writable.getWriter()
    const writes: Promise<unknown>[] = []
    const failed: unknown[] = []
    writer.closed.catch(() => {})
    for (let i = 0; i < 16; i++) {
      writes.push(writer.write(new Uint8Array(1 << 20)).catch((e: unknown) => failed.push(e)))
    }
    ok(!(await settled(Promise.all(writes))), '16 MiB were taken although nobody reads')
    await writer.abort(new Error('enough'))
    await Promise.all(writes)
    ok(failed.length > 0, 'no write failed')
    await rejectsClosed(() => c1.write(new Uint8Array(8)), x.shape(c1, 'write'))
    await c2.close()
  })
  x.states('close() of the connection ends its streams with ErrClosed', async (pair) => {
    const [c1] = ends(pair)
    const reader = c1.readable.getReader()
    const pending = rejects(() => reader.read(), 'read() of the stream')
    await settled(pending)
    await c1.close()
    const e = await pending
    ok(isErr(e, ErrClosed), `the stream failed with ${show(e)}`)
  })
}
