import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  Client,
  decodeMessage,
  decodeStats,
  encodedMessage,
  type Fid,
  type Message9P,
  MessageError,
  messageSize,
  ORDWR,
  serve9P,
  SessionError,
} from '../src/index.ts'
import { MemoryTree } from './memory_tree.ts'
import { anyMessage, messages } from './messages.ts'
import { RawPeer } from './raw_peer.ts'
import { streamPair } from './stream_pair.ts'

/** What a decoder makes of bytes: a message, or its own error. */
function tryDecode(b: Uint8Array): Message9P | null {
  try {
    return decodeMessage(b)
  } catch (e) {
    expect(e).toBeInstanceOf(MessageError)
    return null
  }
}

/** The next of a stream that does not end. */
function next<T>(stream: Iterator<T>): T {
  const result = stream.next()
  if (result.done === true) throw new Error('the stream ended')
  return result.value
}

const ticks = async (n: number): Promise<void> => {
  for (let i = 0; i < n; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}

describe('the codec', () => {
  test('decodeMessage() undoes encodeMessage() for every message', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const bytes = encodedMessage(message)
        expect(bytes).toHaveLength(messageSize(message))
        expect(decodeMessage(bytes)).toEqual(message)
      }),
      { numRuns: 3000 },
    )
  })

  test('decodeMessage() throws nothing but a MessageError at any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (bytes, sized) => {
        if (sized && bytes.length >= 4) new DataView(bytes.buffer).setUint32(0, bytes.length, true)
        if (sized && bytes.length > 4) bytes[4] = 100 + ((bytes[4] ?? 0) % 28)
        const message = tryDecode(bytes)
        if (message !== null) expect(decodeMessage(encodedMessage(message))).toEqual(message)
      }),
      { numRuns: 5000 },
    )
  })

  test('decodeMessage() reads no byte outside the frame', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.integer({ min: 0, max: 255 }), (message, where, byte) => {
        const frame = encodedMessage(message)
        frame[where % frame.length] = byte
        const read = [0x00, 0xff].map((around) => {
          const b = new Uint8Array(frame.length + 64).fill(around)
          b.set(frame, 32)
          try {
            return decodeMessage(b, 32, 32 + frame.length)
          } catch (e) {
            expect(e).toBeInstanceOf(MessageError)
            return null
          }
        })
        expect(read[0]).toEqual(read[1])
      }),
      { numRuns: 3000 },
    )
  })

  test('decodeStats() throws nothing but a MessageError at any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeStats(bytes)
        } catch (e) {
          expect(e).toBeInstanceOf(MessageError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

const names = fc.constantFrom('d', 'e', 'f', 'q', 'slow', '..', 'new', '.', '', 'a/b')
const fids = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 4 }) },
  { weight: 1, arbitrary: fc.constant(0xffffffff) },
)
const tags = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 9 }) },
  { weight: 1, arbitrary: fc.constant(0xffff) },
)
const likely: fc.Arbitrary<Message9P> = fc.oneof(
  fc.record({
    type: fc.constant(104 as const),
    tag: tags,
    fid: fids,
    afid: fids,
    uname: names,
    aname: names,
  }),
  fc.record({
    type: fc.constant(110 as const),
    tag: tags,
    fid: fids,
    newfid: fids,
    wname: fc.array(names, { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant(112 as const),
    tag: tags,
    fid: fids,
    mode: fc.constantFrom(0, 1, 2, 3, 0x12, 0x42),
  }),
  fc.record({
    type: fc.constant(116 as const),
    tag: tags,
    fid: fids,
    offset: fc.constant(0n),
    count: fc.constantFrom(0, 10, 200, 9000),
  }),
  fc.record({ type: fc.constant(108 as const), tag: tags, oldtag: tags }),
  fc.record({ type: fc.constant(120 as const), tag: tags, fid: fids }),
)
const garbage = fc.uint8Array({ minLength: 3, maxLength: 60 }).map((body) => {
  const b = new Uint8Array(body.length + 4)
  new DataView(b.buffer).setUint32(0, b.length, true)
  b.set(body, 4)
  return b
})
const traffic = fc.oneof(
  { weight: 12, arbitrary: likely },
  { weight: 5, arbitrary: messages(tags, fids, names) },
  { weight: 1, arbitrary: garbage },
)

describe('the server', () => {
  test('serve9P() answers or drops each request, whatever a client sends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(traffic, fc.integer({ min: 0, max: 3 })), { maxLength: 60 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 50 })),
        fc.boolean(),
        async (steps, pieces, cut) => {
          const tree = new MemoryTree()
          tree.directory('e', tree.directory('d'))
          tree.file('f', 'some text')
          const queues = [tree.queue('q'), tree.queue('slow', true)]
          const [near, far] = streamPair({ piece: () => next(pieces) })
          const session = serve9P(far, tree, { maxFids: 4, maxRequests: 12, msize: 8192 })
          const peer = new RawPeer(near)
          let got = 0
          const reading = (async () => {
            while ((await peer.next()) !== null) got++
          })().catch(() => {})
          for (const [message, pause] of steps) {
            await peer.send(message).catch(() => {})
            if (pause === 3) for (const queue of queues) queue.put(1, 2)
            if (pause >= 2) await ticks(1)
          }
          if (cut) await near.close()
          else near.closeWrite()
          await session.done
          await reading
          await ticks(1)
          expect(session.requests).toBe(session.replies + session.dropped)
          if (!cut && session.error === null) {
            expect(session.requests).toBe(steps.length)
            expect(got).toBe(session.replies)
          }
          expect([session.pending, session.fids, session.openFiles, tree.open]).toEqual([0, 0, 0, 0])
          for (const queue of queues) expect(queue.waiting).toBe(0)
        },
      ),
      { numRuns: 400 },
    )
  })

  test('serve9P() survives any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 10 }), async (writes) => {
        const tree = new MemoryTree()
        const [near, far] = streamPair()
        const session = serve9P(far, tree)
        for (const bytes of writes) await near.write(bytes).catch(() => {})
        near.closeWrite()
        await session.done
        expect(session.requests).toBe(session.replies + session.dropped)
        await near.close()
      }),
      { numRuns: 300 },
    )
  })
})

describe('the client', () => {
  const act = (root: Fid, what: number, signal: AbortSignal): Promise<unknown> => {
    const p = new Uint8Array(50)
    const acts = [
      () => root.walk(['a', 'b'], { signal }),
      () => root.walk([], { signal }).then((fid) => fid.clunk()),
      () => root.open(ORDWR, { signal }),
      () => root.read(p, 0, { signal }),
      () => root.write(p, 0, { signal }),
      () => root.stat({ signal }),
      () =>
        root.walk(
          Array.from({ length: 20 }, () => 'x'),
          { signal },
        ),
    ]
    return (acts[what % acts.length] ?? acts[0] ?? (() => Promise.resolve()))()
  }

  test('Client settles each request, whatever a server answers', async () => {
    const reply = fc.record({
      message: anyMessage,
      kind: fc.integer({ min: 0, max: 11 }),
      late: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.infiniteStream(reply),
        fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 0, max: 3 })), { maxLength: 30 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        async (replies, steps, pieces) => {
          const [near, far] = streamPair({ piece: () => next(pieces) })
          const server = new RawPeer(far)
          let asked = 0
          const serving = (async () => {
            for (let x = await server.next(); x !== null; x = await server.next()) {
              const { tag, type } = x
              const { message, kind, late } = next(replies)
              asked++
              if (late) await ticks(1)
              if (type === 100) await server.send({ type: 101, tag, msize: 8216, version: '9P2000' })
              else if (type === 104) await server.send(plausible(x, kind))
              else if (type === 108)
                await server.send(kind === 0 ? { type: 107, tag, ename: 'no' } : { type: 109, tag })
              else if (kind === 0) await server.send({ ...message, tag })
              else if (kind === 1) await server.send(message)
              else if (kind === 2) continue
              else await server.send(plausible(x, kind))
            }
          })().catch(() => {})
          const client = await Client.connect(near, { msize: 8216 })
          const root = await client.attach().catch(() => null)
          const acts: Promise<unknown>[] = []
          for (const [what, pause] of root === null ? [] : steps) {
            const abort = new AbortController()
            const doing = act(root as Fid, what, abort.signal)
            doing.catch((error: unknown) => expect(error).toBeDefined())
            acts.push(doing)
            if (pause === 1) abort.abort()
            if (pause === 2) await ticks(1)
            if (pause === 3) setImmediate(() => abort.abort())
          }
          await ticks(3)
          await client.close()
          const ends = await Promise.allSettled(acts)
          expect(ends).toHaveLength(acts.length)
          await serving
          expect(asked).toBeGreaterThan(0)
          expect([client.requests, client.fids]).toEqual([0, 0])
          expect(client.error).toBeInstanceOf(SessionError)
        },
      ),
      { numRuns: 300 },
    )
  })
})

const qid = { type: 0, version: 0, path: 0n }

/** A reply that a server could give. */
function plausible(x: Message9P, kind: number): Message9P {
  const { tag } = x
  if (kind === 3) return { type: 107, tag, ename: 'some error' }
  switch (x.type) {
    case 104:
      return { type: 105, tag, qid }
    case 110:
      return { type: 111, tag, wqid: x.wname.slice(0, kind === 4 ? 1 : 16).map(() => qid) }
    case 112:
      return { type: 113, tag, qid, iounit: kind }
    case 116:
      return { type: 117, tag, data: new Uint8Array(Math.min(x.count, kind * 5)) }
    case 118:
      return { type: 119, tag, count: x.data.length }
    default:
      return { type: 121, tag }
  }
}
